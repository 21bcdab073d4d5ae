import { expect, test } from 'vitest'
import { BodyTooLargeError } from './read-body.ts'
import { readJson, type JsonBounds } from './read-json.ts'

async function* inPieces(text: string, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += length)
    yield await Promise.resolve(Buffer.from(text.slice(at, at + length)))
}

async function read(text: string, bounds: Partial<JsonBounds> = {}) {
  const told = { turns: 0, texts: [] as string[], bytes: 0 }
  const answer = await readJson(inPieces(text, 10_000), {
    maxBytes: 10_000_000,
    maxDepth: 10,
    maxValues: 1_000_000,
    largeAbove: 1_000_000,
    largeTurn: async () => void (await Promise.resolve(told.turns++)),
    onText: (read, isAll) => told.texts.push(isAll ? read : `${read.slice(0, 20)}…`),
    onEnd: (bytes) => {
      told.bytes = bytes
    },
    ...bounds,
  })
  return { answer, ...told }
}

const events = (count: number): string =>
  JSON.stringify({ state: Array.from({ length: count }, (_, n) => ({ n, body: 'é'.repeat(100) })), end: 1 })

test.each([
  ['short', 10],
  ['long', 3_000],
])('what is %s is read as one text, and takes no turn', async (_, count) => {
  const text = events(count)
  const { answer, turns, texts, bytes } = await read(text)
  expect(answer).toEqual({ ok: true, value: JSON.parse(text) })
  expect(texts).toEqual([text])
  expect({ turns, bytes }).toEqual({ turns: 0, bytes: Buffer.byteLength(text) })
})

test('what is large is read to the end when it has its turn', async () => {
  const text = events(20_000)
  const { answer, turns, texts, bytes } = await read(text)
  expect(answer).toEqual({ ok: true, value: JSON.parse(text) })
  expect(texts).toEqual(['{"state":[{"n":0,"bo…'])
  expect({ turns, bytes }).toEqual({ turns: 1, bytes: Buffer.byteLength(text) })
})

test('what is no JSON is said, and what is too long or gets no turn rejects; none of them is read further', async () => {
  let given = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield await Promise.resolve(Buffer.from(`${given === 0 ? '{"a":[' : ''}${'1,'.repeat(5_000)}`))
    } finally {
      given = -1
    }
  }
  const bounds: JsonBounds = {
    maxBytes: 10_000_000,
    maxDepth: 10,
    maxValues: Number.POSITIVE_INFINITY,
    largeAbove: 1_000_000,
    largeTurn: async () => {
      await Promise.resolve()
    },
    onText: () => given++,
    onEnd: () => undefined,
  }
  const broken = events(20_000).replace('},{', '}{')
  expect((await read(broken)).answer).toMatchObject({
    ok: false,
    reason: expect.stringContaining('expected'),
  })
  expect((await read(events(20_000), { maxValues: 100 })).answer).toMatchObject({ ok: false })

  await expect(readJson(endless(), bounds)).rejects.toThrow(BodyTooLargeError)
  expect(given).toBe(-1)
  given = 0
  await expect(
    readJson(endless(), { ...bounds, largeTurn: () => Promise.reject(new Error('gave up')) }),
  ).rejects.toThrow('gave up')
  expect(given).toBe(-1)
})
