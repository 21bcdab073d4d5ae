import { expect, test } from 'vitest'
import type { ServerName } from '../../core/types.ts'
import { createLargeAnswers } from './large-answers.ts'

const never = new AbortController().signal

/** Who has a turn, in the order in which they got it. */
function watch(): {
  ask: (server: string, signal?: AbortSignal) => Promise<void>
  end: (server: string) => Promise<void>
  readonly had: string[]
} {
  const turn = createLargeAnswers()
  const had: string[] = []
  const ends = new Map<string, () => void>()
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return {
    had,
    ask: async (server, signal = never) => {
      turn(server as ServerName, signal).then(
        (end) => {
          had.push(server)
          ends.set(server, end)
        },
        (error: unknown) => had.push(`${server} ${String(error)}`),
      )
      await settled()
    },
    end: async (server) => {
      ends.get(server)?.()
      // Said twice it counts once.
      ends.get(server)?.()
      await settled()
    },
  }
}

test('two large answers at a time, one of each server, in order of arrival', async () => {
  const { ask, end, had } = watch()
  for (const server of ['a', 'a', 'b', 'c', 'd']) await ask(server)
  expect(had).toEqual(['a', 'b'])
  await end('b')
  expect(had).toEqual(['a', 'b', 'c'])
  await end('c')
  await end('a')
  expect(had).toEqual(['a', 'b', 'c', 'd', 'a'])
})

test('who gives up while waiting takes no turn, and keeps nobody from one', async () => {
  const { ask, end, had } = watch()
  for (const server of ['a', 'b']) await ask(server)
  const gone = new AbortController()
  await ask('c', gone.signal)
  await ask('c')
  gone.abort('gone')
  await end('a')
  expect(had).toEqual(['a', 'b', 'c gone', 'c'])
  await end('c')
  await ask('a')
  expect(had.at(-1)).toBe('a')
})
