/** A real HTTP server on 127.0.0.1 stands for the web; every other address of this machine for its inside. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isPublicAddress } from '../federation/out/addresses.ts'
import { openMemoryDatabase, type Database } from '../storage/database.ts'
import { createPreviewCache } from '../storage/link-previews.ts'
import { systemClock } from '../trace/clock.ts'
import { Logger } from '../trace/log.ts'
import { createLinkPreviews, type LinkPreviewDeps } from './index.ts'

const WEB = '127.0.0.1'

let server: Server
let port: number
let db: Database
let answer: (request: IncomingMessage, response: ServerResponse) => void
let requests: { path: string; at: string; headers: IncomingMessage['headers'] }[]
let names: Map<string, string[]>
let dropped: string[]
let saved: { bytes: number; type: string }[]
let service: ReturnType<typeof createLinkPreviews>

function start(more: Partial<LinkPreviewDeps> = {}): ReturnType<typeof createLinkPreviews> {
  service = createLinkPreviews({
    cache: createPreviewCache(db),
    guard: {
      resolve: (host) => Promise.resolve(names.get(host) ?? []),
      allowAddress: (address) => address === WEB || isPublicAddress(address),
      allowPort: (asked) => asked === port,
    },
    savePicture(bytes, type) {
      saved.push({ bytes: bytes.byteLength, type })
      return Promise.resolve(`mxc://one.test/${saved.length}`)
    },
    dropPicture(uri) {
      dropped.push(uri)
      return Promise.resolve()
    },
    enabled: () => true,
    clock: systemClock,
    log: new Logger(systemClock),
    ...more,
  })
  return service
}

beforeEach(async () => {
  requests = []
  saved = []
  dropped = []
  names = new Map([['site.test', [WEB]]])
  db = openMemoryDatabase()
  server = createServer((request, response) => {
    requests.push({
      path: request.url ?? '',
      at: request.socket.localAddress ?? '',
      headers: request.headers,
    })
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(async () => {
  service.stop()
  db.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const html = (body: string, type = 'text/html; charset=utf-8') => {
  return (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': type }).end(body)
  }
}
const site = (path = '/'): string => `http://site.test:${port}${path}`

/** The first bytes of a PNG of 64 by 32 pixels. */
const png = Buffer.alloc(40)
png.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1')
png.writeUInt32BE(64, 16)
png.writeUInt32BE(32, 20)

test('a page tells title, description, site and picture; the picture is kept here', async () => {
  answer = (request, response) => {
    if (request.url === '/p/pic') return response.writeHead(200, { 'content-type': 'x/y' }).end(png)
    return html(`<html><head><title>Plain &amp; simple</title>
      <meta property="og:title" content=" A  title &lt;3 "><meta name=description content="Words">
      <meta property="og:site_name" content="Site"><meta property="og:image" content="pic"></head>`)(
      request,
      response,
    )
  }
  start()
  const result = await service.preview(site('/p/page?x=1#part'))
  expect(result).toEqual({
    ok: true,
    preview: {
      'og:url': site('/p/page?x=1'),
      'og:title': 'A title <3',
      'og:description': 'Words',
      'og:site_name': 'Site',
      'og:image': 'mxc://one.test/1',
      'og:image:type': 'image/png',
      'og:image:width': 64,
      'og:image:height': 32,
      'matrix:image:size': 40,
    },
  })
  expect(saved).toEqual([{ bytes: 40, type: 'image/png' }])
  expect(requests.map(({ path }) => path)).toEqual(['/p/page?x=1', '/p/pic'])
  const { headers } = requests[0]!
  expect(headers.cookie ?? headers.referer ?? headers.authorization).toBeUndefined()
  expect(headers['user-agent']).toBe('Hearth (link preview)')

  // Known now, also after a restart.
  start()
  expect(await service.preview(site('/p/page?x=1'))).toEqual(result)
  expect(requests).toHaveLength(2)
})

test('encodings: of the header, of the page itself, packed, and one that does not exist', async () => {
  start()
  const title = async (path: string): Promise<unknown> => {
    const result = await service.preview(site(path))
    return result.ok && result.preview['og:title']
  }
  answer = (_request, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html; charset=iso-8859-1' })
      .end(Buffer.from('<title>Grüße</title>', 'latin1'))
  expect(await title('/1')).toBe('Grüße')
  answer = (_request, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(Buffer.from('<meta charset="windows-1252"><title>Grüße</title>', 'latin1'))
  expect(await title('/2')).toBe('Grüße')
  answer = (_request, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
      .end(gzipSync('<meta charset=klingon><title>Grüße</title>'))
  expect(await title('/3')).toBe('Grüße')
})

test.each([
  ['loopback', 'http://127.0.0.2'],
  ['loopback, in hex', 'http://0x7f000002'],
  ['loopback, short', 'http://127.2'],
  ['loopback, IPv6', 'http://[::1]'],
  ['unspecified', 'http://0.0.0.0'],
  ['private', 'http://10.1.2.3'],
  ['private', 'http://172.16.0.1'],
  ['private', 'http://192.168.1.1'],
  ['link-local: cloud metadata', 'http://169.254.169.254'],
  ['link-local, IPv6', 'http://[fe80::1]'],
  ['unique local', 'http://[fd00::1]'],
  ['carrier-grade NAT', 'http://100.64.0.1'],
  ['multicast', 'http://224.0.0.1'],
  ['multicast, IPv6', 'http://[ff02::1]'],
  ['broadcast', 'http://255.255.255.255'],
  ['IPv4 in IPv6, mapped', 'http://[::ffff:127.0.0.2]'],
  ['IPv4 in IPv6, compatible', 'http://[::127.0.0.2]'],
  ['NAT64', 'http://[64:ff9b::7f00:2]'],
  ['NAT64, a network’s own', 'http://[64:ff9b:1:7f00:2:0:808:808]'],
  ['6to4', 'http://[2002:7f00:2::]'],
  ['Teredo', 'http://[2001:0:7f00:2::]'],
  ['a name of the inside', 'http://inside.test'],
  ['a name with one foot inside', 'http://both.test'],
  ['with a password', 'http://me:secret@site.test'],
  ['another protocol', 'ftp://site.test'],
])('an address is refused, asked for and redirected to: %s (%s)', async (_what, origin) => {
  names.set('inside.test', ['127.0.0.2'])
  names.set('both.test', [WEB, '10.0.0.1'])
  answer = (request, response) => {
    if (request.url === '/there')
      return response.writeHead(302, { location: `${origin}:${port}/secret` }).end()
    if (request.url === '/picture')
      return html(`<title>t</title><meta property="og:image" content="${origin}:${port}/secret">`)(
        request,
        response,
      )
    return html('<title>secret</title>')(request, response)
  }
  start()
  expect(await service.preview(`${origin}:${port}/secret`)).toMatchObject({
    ok: false,
    reason: 'wrong',
  })
  expect(await service.preview(site('/there'))).toMatchObject({ ok: false, reason: 'wrong' })
  expect(await service.preview(site('/picture'))).toEqual({
    ok: true,
    preview: { 'og:url': site('/picture'), 'og:title': 't' },
  })
  expect(requests.map(({ path }) => path)).toEqual(['/there', '/picture'])
  expect(new Set(requests.map(({ at }) => at))).toEqual(new Set([WEB]))
})

test('other ports are refused, and so is a file', async () => {
  start()
  for (const url of [`http://site.test:${port + 1}/`, 'http://site.test/', 'file:///etc/passwd', 'nonsense'])
    expect(await service.preview(url)).toMatchObject({ ok: false, reason: 'wrong' })
  expect(requests).toEqual([])
})

test('a name is resolved once: an answer of DNS that changes afterwards has no effect', async () => {
  let asked = 0
  answer = html('<title>outside</title>')
  start({
    guard: {
      resolve: () => Promise.resolve(asked++ === 0 ? [WEB] : ['127.0.0.2']),
      allowAddress: (address) => address === WEB,
      allowPort: () => true,
    },
  })
  expect(await service.preview(site())).toMatchObject({ ok: true })
  expect(asked).toBe(1)
  expect(requests.map(({ at }) => at)).toEqual([WEB])
})

test('redirects are followed, five of them', async () => {
  answer = (request, response) => {
    const left = Number(request.url?.slice(1))
    if (left > 0) return response.writeHead(301, { location: `/${left - 1}` }).end()
    return html('<title>there</title>')(request, response)
  }
  start()
  expect(await service.preview(site('/5'))).toMatchObject({
    ok: true,
    preview: { 'og:url': site('/0') },
  })
  expect(await service.preview(site('/6'))).toMatchObject({ ok: false, reason: 'failed' })
})

test('a page without end is read to its limit, and a picture that is too large is not kept', async () => {
  let sent = 0
  answer = (request, response) => {
    const isPage = request.url === '/'
    response.writeHead(200, { 'content-type': isPage ? 'text/html' : 'image/png' })
    response.write(isPage ? '<title>endless</title><meta property=og:image content=/big>' : png)
    const chunk = Buffer.alloc(256 * 1024, 'x')
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) sent += chunk.length
    }
    response.on('drain', more)
    more()
  }
  start()
  expect(await service.preview(site())).toEqual({
    ok: true,
    preview: { 'og:url': site(), 'og:title': 'endless' },
  })
  expect(saved).toEqual([])
  // What the sockets' buffers hold comes on top of 1 MiB and 5 MiB.
  expect(sent).toBeLessThan(30 * 1024 * 1024)
})

test('a packed page that unpacks to more than the limit is read to its limit', async () => {
  const bomb = gzipSync(Buffer.concat([Buffer.from('<title>bomb</title>'), Buffer.alloc(200 * 1024 * 1024)]))
  answer = (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' }).end(bomb)
  start()
  expect(await service.preview(site())).toMatchObject({ ok: true, preview: { 'og:title': 'bomb' } })
})

test('a server that does not answer costs a limited time, and is not asked again at once', async () => {
  answer = () => undefined
  start({ timeoutMs: 100 })
  expect(await service.preview(site())).toMatchObject({ ok: false, reason: 'failed' })
  expect(await service.preview(site())).toMatchObject({ ok: false, reason: 'failed' })
  expect(requests).toHaveLength(1)
})

test('eight pages are looked at together, some wait, and more are refused; one page is asked for once', async () => {
  const open: (() => void)[] = []
  answer = (request, response) => {
    open.push(() => html('<title>t</title>')(request, response))
  }
  start()
  const asked = Array.from({ length: 42 }, (_, n) => service.preview(site(`/${n}`)))
  const again = service.preview(site('/0'))
  await expect.poll(() => open.length).toBe(8)
  expect(await asked[41]).toMatchObject({ ok: false, reason: 'busy' })
  let answered = 0
  while (answered < 40) {
    await expect.poll(() => open.length).toBeGreaterThan(0)
    expect(open.length).toBeLessThanOrEqual(8)
    for (const go of open.splice(0)) {
      answered++
      go()
    }
  }
  const results = await Promise.all(asked)
  expect(results.filter((result) => result.ok)).toHaveLength(40)
  expect(await again).toMatchObject({ ok: true })
  expect(requests).toHaveLength(40)
})

test('turned off, nothing is fetched and nothing known is told', async () => {
  let enabled = true
  answer = html('<title>t</title>')
  start({ enabled: () => enabled })
  expect(await service.preview(site())).toMatchObject({ ok: true })
  enabled = false
  expect(await service.preview(site())).toMatchObject({ ok: false, reason: 'off' })
})

test('what a page says is cut, and cannot turn the text around it', async () => {
  answer = html(`<svg><title>icon</title></svg><title>${'a'.repeat(5000)}</title>
    <meta name="twitter:description" content="one\u202etwo\u0007&#10;three"><meta property="og:image" content="javascript:x">`)
  start()
  const result = await service.preview(site())
  expect(result).toMatchObject({ ok: true, preview: { 'og:description': 'onetwo three' } })
  expect(result.ok && result.preview['og:title']).toBe(`${'a'.repeat(299)}…`)
})
