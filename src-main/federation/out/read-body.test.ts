import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { BodyTooLargeError, BodyTooSlowError, readPieces, readText } from './read-body.ts'

async function* pieces(...texts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text as string))
}

/** A byte now and then, for ever. */
async function* drops(): AsyncGenerator<Uint8Array> {
  for (;;) {
    await delay(5)
    yield Buffer.from('x')
  }
}

test('letters that are cut between two pieces are whole; what is no UTF-8 is refused', async () => {
  const bytes = Buffer.from('größer')
  expect(await readText(pieces(bytes.subarray(0, 3), bytes.subarray(3)), 100)).toBe('größer')
  await expect(readText(pieces(Buffer.from([0x7b, 0xff])), 100)).rejects.toThrow()
  await expect(readText(pieces(bytes.subarray(0, 3)), 100)).rejects.toThrow()
})

test('a body that is too long, or comes in drops without end, is left off', async () => {
  await expect(readText(pieces('12345', '67890'), 9)).rejects.toThrow(BodyTooLargeError)
  await expect(readText(drops(), 1_000_000, 50)).rejects.toThrow(BodyTooSlowError)
})

test('who takes its time with the pieces does not make the other server slow', async () => {
  const read: string[] = []
  for await (const piece of readPieces(pieces('1234', '5678', '9'), 100, 50)) {
    read.push(piece)
    await delay(60)
  }
  expect(read.join('')).toBe('123456789')
})
