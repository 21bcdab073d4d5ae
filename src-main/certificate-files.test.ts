import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeCertificates, type CertificateAuthority } from '../test/harness/process/certificates.ts'
import { scratchFolder } from '../test/harness/process/scratch.ts'
import { createCertificateFiles, pairProblem, type CertificateFiles } from './certificate-files.ts'
import { fakeClock } from './federation/test-support.ts'
import { listen, type Listener } from './http/listener.ts'
import { Logger, type LogItem } from './trace/log.ts'

let folder: string
let authorities: CertificateAuthority[]
let listener: Listener
let watched: CertificateFiles
let clock: ReturnType<typeof fakeClock>
let logged: LogItem[]
let sockets: TLSSocket[]
const at = (name: string): string => join(folder, name)
const pem = (index: number) => {
  const { certFile, keyFile } = authorities[index] as CertificateAuthority
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
}
/** As certbot does it: links in `live` lead to numbered files elsewhere. */
function link(name: 'cert' | 'key', index: number): void {
  writeFileSync(at(`${name}${index}.pem`), pem(index)[name])
  rmSync(at(`new-${name}.pem`), { force: true })
  symlinkSync(at(`${name}${index}.pem`), at(`new-${name}.pem`))
  renameSync(at(`new-${name}.pem`), at(`${name}.pem`))
}

beforeEach(async () => {
  folder = scratchFolder('renewal')
  authorities = [0, 1].map((n) => makeCertificates(scratchFolder(`renewal-${n}`)))
  link('cert', 0)
  link('key', 0)
  clock = fakeClock()
  logged = []
  sockets = []
  listener = await listen({
    address: { host: '127.0.0.1', port: 0 },
    fetch: () => new Response('here'),
    tls: pem(0),
    maxConnections: 100,
    onError: (error) => expect.fail(String(error)),
  })
  watched = createCertificateFiles({
    files: { cert: at('cert.pem'), key: at('key.pem') },
    atStart: pem(0),
    use: (pair) => listener.setCertificate(pair),
    clock,
    log: new Logger(clock, [(item) => logged.push(item)]),
  })
  watched.follow()
})
afterEach(async () => {
  watched.stop()
  for (const socket of sockets) socket.destroy()
  await listener.stop(0)
})

async function call(): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false })
  sockets.push(socket)
  await once(socket, 'secureConnect')
  return socket
}
async function ask(socket: TLSSocket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  return answer.toString()
}
const shown = (socket: TLSSocket): string | undefined => socket.getPeerX509Certificate()?.toString()
const leaf = (index: number): string => pem(index).cert

test('a renewed certificate counts for new connections, and those that are open go on', async () => {
  const before = await call()
  expect(shown(before)).toBe(leaf(0))
  link('key', 1)
  link('cert', 1)
  clock.advance(2_000)
  expect(shown(await call())).toBe(leaf(1))
  expect(await ask(before)).toContain('here')
  expect(watched.problem()).toBeUndefined()
  expect(logged.map(({ label }) => label)).toEqual(['new certificate'])
})

test('half a pair, half a file or none is not used, and said once; when both are there they count', async () => {
  link('cert', 1)
  for (let n = 0; n < 3; n++) clock.advance(2_000)
  expect(shown(await call())).toBe(leaf(0))
  expect(watched.problem()?.words).toContain('the key belongs to another certificate')
  writeFileSync(at('key1.pem'), pem(1).key.slice(0, 80))
  link('cert', 1)
  rmSync(at('key.pem'))
  clock.advance(2_000)
  expect(watched.problem()?.words).toContain('ENOENT')
  symlinkSync(at('key1.pem'), at('key.pem'))
  clock.advance(2_000)
  expect(watched.problem()?.words).toContain('cannot be read as PEM')
  expect(shown(await call())).toBe(leaf(0))
  expect(logged).toHaveLength(3)
  writeFileSync(at('key1.pem'), pem(1).key)
  clock.advance(2_000)
  expect(watched.problem()).toBeUndefined()
  expect(shown(await call())).toBe(leaf(1))
})

test('says why a certificate and a key are of no use together', () => {
  expect(pairProblem(pem(0))).toBeUndefined()
  expect(pairProblem({ cert: pem(0).cert, key: pem(1).key })).toBe('the key belongs to another certificate')
  expect(pairProblem({ cert: 'rubbish', key: pem(0).key })).toMatch(/^it cannot be read as PEM/)
})
