import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { filenameOf } from './media-download.ts'
import { openMultipart } from './multipart.ts'

const body =
  '--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n'
const type = 'multipart/mixed; boundary=b'
const chunked = (value: string, size: number): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(value.length / size) }, (_, i) =>
      Buffer.from(value.slice(i * size, (i + 1) * size)),
    ),
  )

test.each([1, 2, 3, 7, 1000])('reads the second part from chunks of %i bytes', async (size) => {
  const part = await openMultipart(chunked(body, size), type)
  expect(part.headers.get('content-type')).toBe('text/plain')
  expect(await text(part.body)).toBe('hello')
})

test('a part without headers, a quoted boundary, and an empty part', async () => {
  const bare = await openMultipart(
    chunked('--b c\r\n\r\n{}\r\n--b c\r\n\r\nx\r\n--b c--', 4),
    'multipart/mixed; boundary="b c"',
  )
  expect([bare.headers.size, await text(bare.body)]).toEqual([0, 'x'])
  const empty = await openMultipart(chunked('--b\r\n\r\n{}\r\n--b\r\nA: b\r\n\r\n\r\n--b--', 4), type)
  expect(await text(empty.body)).toBe('')
})

test('what is cut short or not multipart is an error', async () => {
  const cut = await openMultipart(chunked(body.slice(0, -12), 5), type)
  await expect(text(cut.body)).rejects.toThrow('cut short')
  await expect(openMultipart(chunked(body.slice(0, 60), 5), type)).rejects.toThrow('cut short')
  await expect(openMultipart(chunked('--b\r\n\r\n{}\r\n--b--\r\n', 5), type)).rejects.toThrow(
    'no second part',
  )
  await expect(openMultipart(chunked(body, 5), 'text/plain')).rejects.toThrow('boundary')
  await expect(openMultipart(chunked('x'.repeat(200_000), 5000), type)).rejects.toThrow('too long')
})

test('file names', () => {
  expect(filenameOf('inline; filename="a \\"b\\".txt"')).toBe('a "b".txt')
  expect(filenameOf("attachment; filename=x; filename*=utf-8''G%C3%A4nse.txt")).toBe('Gänse.txt')
  expect(filenameOf("inline; filename*=utf-8''%ff")).toBeUndefined()
  expect(filenameOf('inline')).toBeUndefined()
})
