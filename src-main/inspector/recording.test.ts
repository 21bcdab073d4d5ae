import { expect, test } from 'vitest'
import { FakeClock } from '../../test/harness/clock.ts'
import { Logger } from '../trace/log.ts'
import { createInspectorApp } from './app.ts'
import { recordingEndpoints } from './recording.ts'
import { createTrace } from './trace.ts'

test('recording ends by itself; secrets are left out, long bodies cut, and lists have none of them', async () => {
  const clock = new FakeClock()
  const log = new Logger(clock)
  const trace = createTrace({ clock, log, isKnown: () => true })
  const app = createInspectorApp([recordingEndpoints(trace, log, clock)])
  const post = async (body: object) => {
    const answer = await app.request('/recording', { method: 'POST', body: JSON.stringify(body) })
    return (await answer.json()) as unknown
  }
  const work = (): void =>
    log.run('federation request', { server: 'b.example' }, (item) => {
      item.body('request', () =>
        JSON.stringify({ access_token: 'syt_"x', nested: { password: 'hunter2', name: 'kept' } }),
      )
      item.wrap('answer', {}, (step) => step.body('answer', () => 'y'.repeat(200_000)))
    })
  expect(await post({ on: true, minutes: 5 })).toMatchObject({ on: true, until: clock.now() + 300_000 })
  work()
  const whole = await trace.get(1)
  expect(whole?.bodies?.request).toBe(
    '{"access_token":"(left out)","nested":{"password":"(left out)","name":"kept"}}',
  )
  expect(whole?.children[0]?.bodies?.answer?.length).toBeLessThan(70_000)
  const [listed] = (await trace.page({ limit: 1, filter: {} })).records
  expect(listed).toMatchObject({ recorded: true })
  expect(JSON.stringify(listed)).not.toContain('bodies')

  clock.step(300_000)
  work()
  expect((await trace.get(2))?.bodies).toBeUndefined()
  expect(await post({ on: false, discard: true })).toEqual({ on: false, records: 0, bytes: 0 })
  expect((await trace.get(1))?.bodies).toBeUndefined()
})
