import { expect, test } from 'vitest'
import { FakeClock } from '../../test/harness/clock.ts'
import { Logger, type LogItem } from './log.ts'

function start() {
  const clock = new FakeClock()
  const finished: LogItem[] = []
  const log = new Logger(clock, [(root) => finished.push(root)])
  return { clock, log, finished, labels: () => finished.map(({ label }) => label) }
}

test('a step far from who holds the item is part of the operation under way; elsewhere it stands alone', async () => {
  const { log, finished, labels } = start()
  const ask = async (): Promise<void> => {
    await Promise.resolve()
    await log.step('request', {}, async () => {
      await Promise.resolve()
      log.remark('answered')
    })
  }
  await log.run('join', {}, async (item) => {
    await item.wrap('make_join', {}, ask)
  })
  await ask()
  expect(labels()).toEqual(['join', 'request'])
  expect(finished[0]?.children[0]?.children[0]).toMatchObject({
    label: 'request',
    children: [{ label: 'answered' }],
  })
  log.remark('alone')
  expect(labels()).toEqual(['join', 'request', 'alone'])
})

test('operations beside each other do not get into each other’s trees', async () => {
  const { log, finished } = start()
  const work = (name: string) =>
    log.run(name, {}, async () => {
      await new Promise(setImmediate)
      log.step(`step of ${name}`, {}, () => undefined)
    })
  await Promise.all([work('a'), work('b')])
  for (const { label, children } of finished)
    expect(children.map((child) => child.label)).toEqual([`step of ${label}`])
})

test('a step that outlasts its operation is told by itself, and what begins after that stands alone', async () => {
  const { log, clock, finished, labels } = start()
  let end = (): void => undefined
  let later: Promise<void> | undefined
  await log.run('send', {}, async () => {
    later = log.step('slow', {}, async () => {
      await new Promise<void>((resolve) => (end = resolve))
      log.step('after', {}, () => undefined)
    })
    clock.step(5)
    await Promise.resolve()
  })
  expect(labels()).toEqual(['send'])
  expect(finished[0]?.children[0]?.duration).toBeUndefined()
  expect(log.running()).toEqual([])
  end()
  await later
  expect(labels()).toEqual(['send', 'after', 'slow'])
})

test('bodies are asked for only in operations that began while somebody records', () => {
  const { log, finished } = start()
  let asked = 0
  const work = (): void =>
    log.run('request', {}, (item) => {
      item.wrap('exchange', {}, (step) => step.body('request', () => `body ${++asked}`))
    })
  work()
  log.recording = true
  work()
  log.recording = false
  work()
  expect(asked).toBe(1)
  expect(finished.map(({ children }) => children[0]?.bodies)).toEqual([
    undefined,
    { request: 'body 1' },
    undefined,
  ])
})
