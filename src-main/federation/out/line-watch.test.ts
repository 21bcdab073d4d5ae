import { expect, test } from 'vitest'
import type { ServerName } from '../../core/types.ts'
import { Logger } from '../../trace/log.ts'
import { fakeClock } from '../test-support.ts'
import { createLineWatch } from './line-watch.ts'

const [one, two, three] = ['one.example', 'two.example', 'three.example'] as ServerName[] as [
  ServerName,
  ServerName,
  ServerName,
]

function start() {
  const clock = fakeClock()
  const seen = { asked: [] as string[], answered: [] as string[], dead: [] as string[], back: 0 }
  const up = new Set<ServerName>()
  const watch = createLineWatch({
    probe: (server) => {
      seen.asked.push(server)
      return Promise.resolve(up.has(server))
    },
    reaches: (server) => Promise.resolve(up.has(server)),
    onAnswer: (server) => seen.answered.push(server),
    onDead: (server) => seen.dead.push(server),
    onBack: () => seen.back++,
    clock,
    log: new Logger(clock),
  })
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1_000) {
      clock.advance(Math.min(left, 1_000))
      for (let n = 0; n < 5; n++) await Promise.resolve()
    }
  }
  return { watch, seen, up, pass, clock }
}

test('a server that does not answer is asked now and then, and sent to as soon as it does', async () => {
  const { watch, seen, up, pass, clock } = start()
  watch.note(three, true)
  watch.note(one, false)
  watch.note(two, false)
  await pass(60_000)
  expect(seen.asked).toEqual([one, two])
  up.add(one)
  await pass(30_000)
  expect(seen.answered).toEqual([one])
  await pass(60_000)
  expect(seen.asked.slice(3)).toEqual([two, two])
  watch.note(two, true)
  await pass(300_000)
  expect(seen.asked).toHaveLength(5)
  expect(clock.pending()).toBe(0)
})

test('when nobody answered for a while, and then one does, this node was away; not when only one is gone', async () => {
  const { watch, seen, up, pass } = start()
  watch.note(one, false)
  await pass(10_000)
  watch.note(two, true)
  expect(seen.back).toBe(0)
  watch.note(one, false)
  watch.note(two, false)
  await pass(40_000)
  up.add(two)
  up.add(one)
  await pass(60_000)
  expect(seen.back).toBe(1)
  watch.stop()
})

test('a server that was there just now is asked every other second for half an hour, then as the others are', async () => {
  const { watch, seen, up, pass, clock } = start()
  watch.note(one, true)
  watch.note(one, false)
  watch.note(two, false)
  await pass(10_000)
  expect(seen.asked).toEqual([one, one, one, one, one])
  up.add(one)
  await pass(2_000)
  expect(seen.answered).toEqual([one])
  watch.note(two, true)
  up.clear()
  watch.note(two, false)
  await pass(30 * 60_000)
  const before = seen.asked.length
  await pass(60_000)
  expect(seen.asked.slice(before)).toEqual([two, two])
  watch.stop()
  expect(clock.pending()).toBe(0)
})

test('connections to a server that goes unanswered are given up where no new one can be made', async () => {
  const { watch, seen, up, pass } = start()
  up.add(one)
  watch.suspect(one)
  watch.suspect(two)
  watch.suspect(two)
  await pass(1_000)
  expect(seen.dead).toEqual([two])
})
