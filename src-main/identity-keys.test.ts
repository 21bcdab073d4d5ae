import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createSystemDns } from './federation/out/dns.ts'
import { createKeyValidity } from './identity-keys.ts'
import { ForbiddenAddressError } from './link-previews/guarded-fetch.ts'

let server: Server | undefined
afterEach(() => server?.close())

/** The address of a web server that gives each request this answer, and what it was asked. */
async function answering(body: string, status = 200): Promise<{ address: string; asked: string[] }> {
  const asked: string[] = []
  const listening = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as AddressInfo
  return { address: `http://127.0.0.1:${port}/isvalid?of=us`, asked }
}

const validity = (allowPrivateAddresses = true) =>
  createKeyValidity({ dns: createSystemDns(), allowPrivateAddresses })

test.each([
  ['{"valid":true}', true],
  ['{"valid":false}', false],
  ['{"valid":"yes"}', false],
  ['[]', false],
])('a key of which is said %s counts so', async (body, valid) => {
  const { address, asked } = await answering(body)
  expect(await validity()(address, 'a+b/c')).toBe(valid)
  expect(asked).toEqual(['/isvalid?of=us&public_key=a%2Bb%2Fc'])
})

test('no answer, or none that can be read, is none', async () => {
  await expect(validity()((await answering('not json')).address, 'key')).rejects.toThrow(SyntaxError)
  server?.close()
  await expect(validity()((await answering('{}', 500)).address, 'key')).rejects.toThrow('It answered 500')
  await expect(validity()('isvalid', 'key')).rejects.toThrow('Invalid URL')
})

test('a room has nobody but public web servers asked', async () => {
  const { address, asked } = await answering('{"valid":true}')
  for (const each of [address, 'http://10.0.0.1/isvalid', 'https://192.0.2.1:22/', 'file:///etc/passwd'])
    await expect(validity(false)(each, 'key')).rejects.toThrow(ForbiddenAddressError)
  expect(asked).toEqual([])
})
