import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import type { JsonObject, ServerName } from '../../core/types.ts'
import { verifyRequest, readAuthorization } from '../in/authenticate.ts'
import { serve, testSigner, type TestServer } from '../test-support.ts'
import { curlCommand, quoted } from './curl-command.ts'

const run = promisify(execFile)
let server: TestServer | undefined
afterEach(() => server?.close())

const shell = async (command: string): Promise<string> => (await run('sh', ['-c', command])).stdout
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
)

test('what is quoted comes out of a shell as it went in', async () => {
  for (const word of ['plain', "it's", '$(id) `id` "x" \\ !', 'é\n\t*?~', "'", ''])
    expect(await shell(`printf %s ${quoted(word)}`)).toBe(word)
})

test.skipIf(!hasCurl)(
  'a shell that runs the command sends the very request, with a signature that holds',
  async () => {
    const [a, b] = [await testSigner(1), await testSigner(2)]
    let got: { uri: string; body: JsonObject } | undefined
    server = await serve(b, async (request) => {
      const url = new URL(request.url)
      const body = (await request.json()) as JsonObject
      const uri = url.pathname + url.search
      const auth = readAuthorization(request.headers.get('authorization'), b.serverName)
      await verifyRequest(auth, { method: request.method, uri, content: body }, b.serverName, {
        requestKey: () => Promise.resolve({ result: 'found', publicKey: a.publicKey }),
      })
      got = { uri, body }
      return Response.json({ ok: true })
    })
    const { command, notes } = curlCommand(
      a,
      {
        server: b.serverName,
        method: 'PUT',
        uri: '/_matrix/federation/v1/send/it%27s?x=%24(id)',
        content: { text: `it's $(id) "é"` },
      },
      {
        target: { host: '127.0.0.1', port: server.port },
        hostHeader: b.serverName,
        proof: 'key',
        hasOwnAuthorities: false,
      },
    )
    expect(JSON.parse(await shell(`${command} -s`))).toEqual({ ok: true })
    expect(got).toEqual({
      uri: '/_matrix/federation/v1/send/it%27s?x=%24(id)',
      body: { text: `it's $(id) "é"` },
    })
    expect(notes.join(' ')).toContain('curl cannot')
  },
)

test('a name that leads there by itself is not redirected, and its certificate is checked', async () => {
  const a = await testSigner(1)
  const request = {
    server: 'b.example' as ServerName,
    method: 'GET',
    uri: '/_matrix/x',
    content: undefined,
  } as const
  const where = { hostHeader: 'b.example:8449', proof: 'authority', hasOwnAuthorities: false } as const
  const direct = curlCommand(a, request, { ...where, target: { host: 'b.example', port: 8449 } })
  expect(direct.command).toMatch(/^curl -H '.*' https:\/\/b\.example:8449\/_matrix\/x$/)
  const srv = curlCommand(a, request, {
    ...where,
    hostHeader: 'b.example',
    target: { host: 'm.b.example', port: 8448 },
  })
  expect(srv.command).toContain('--connect-to b.example:443:m.b.example:8448')
  expect(srv.command).not.toContain('-k')
})
