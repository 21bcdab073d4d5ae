import { expect, test } from 'vitest'
import { durably } from './durable-answers.ts'

const request = new Request('http://x.example/')
const env = { incoming: undefined, outgoing: undefined }

test('an answer waits for what was written before it', async () => {
  let safe = (): void => undefined
  const steps: string[] = []
  const answer = durably(
    () => {
      steps.push('written')
      return new Response('yes')
    },
    () => {
      steps.push('asked')
      return new Promise((resolve) => (safe = resolve))
    },
  )(request, env)
  void Promise.resolve(answer).then(() => steps.push('answered'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(steps).toEqual(['written', 'asked'])
  safe()
  expect(await (await answer).text()).toBe('yes')
})

test('where nothing was written, nothing is waited for', async () => {
  const answer = await durably(
    () => new Response('yes'),
    () => undefined,
  )(request, env)
  expect(await answer.text()).toBe('yes')
})

test('where the disk refuses, the answer says so, and what would have been the answer is let go of', async () => {
  let cancelled = false
  const body = new ReadableStream({ cancel: () => void (cancelled = true) })
  const answer = await durably(
    () => new Response(body),
    () => Promise.reject(new Error('the disk')),
  )(request, env)
  expect(answer.status).toBe(507)
  expect(await answer.json()).toMatchObject({
    errcode: 'M_UNKNOWN',
    error: expect.stringContaining('disk') as string,
  })
  expect(cancelled).toBe(true)
})

test('of those who wait for the same write, who looks for news is told before who wrote it', async () => {
  const told: string[] = []
  let safe = (): void => undefined
  const written = new Promise<void>((resolve) => (safe = resolve))
  const answer = durably(
    () => new Response(),
    () => written,
  )
  const tell = async (method: string): Promise<void> => {
    await answer(new Request('http://x.example/', { method }), env)
    told.push(method)
  }
  const all = [tell('PUT'), tell('GET')]
  safe()
  await Promise.all(all)
  expect(told).toEqual(['GET', 'PUT'])
})
