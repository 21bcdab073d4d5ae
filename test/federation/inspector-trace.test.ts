import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Description } from '../../src-main/http/described.ts'
import { tracePageSchema, type TraceItem, type TraceRecord } from '../../src-renderer/client/trace.ts'
import { createDescriptions } from '../harness/descriptions.ts'
import { loginToken, startTrustingHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixError, MatrixHttp } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { until } from '../harness/process/wait.ts'

/* What two real nodes write down of what they do, asked for over HTTP as the inspector does. */

const INSPECTOR = '/_hearth/v1/inspector'
let one: HearthProcess
let two: HearthProcess
let alice: MatrixUser
let bob: MatrixUser
let room = ''

type Query = Record<string, string | number>

async function trace(user: MatrixUser, query: Query = {}) {
  return tracePageSchema.parse(await user.call('GET', `${INSPECTOR}/trace`, { query }))
}

/** All steps of a record, itself first. */
function steps(item: TraceRecord | TraceItem): (TraceRecord | TraceItem)[] {
  return [item, ...item.children.flatMap(steps)]
}

const labels = (record: TraceRecord): string[] => steps(record).map(({ label }) => label)

beforeAll(async () => {
  ;[one, two] = await Promise.all([startTrustingHearth('one'), startTrustingHearth('two')])
  const owner = async (node: HearthProcess): Promise<MatrixUser> =>
    await MatrixUser.loginWithToken(new MatrixHttp(node.clientUrl), loginToken(node.ready))
  ;[alice, bob] = await Promise.all([owner(one), owner(two)])
  await Promise.all([alice.startSync(), bob.startSync()])
  room = await alice.createRoom({ preset: 'public_chat', name: 'Kitchen' })
  await bob.join(room, one.serverName)
  await alice.waitFor('the join', () => alice.room(room).membershipOf(bob.userId) === 'join')
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all([one?.kill(), two?.kill()])
})

test('a join leaves one tree with its requests, and an event what each node did with it', async () => {
  const [join] = (await trace(bob, { label: 'join room', room })).records
  expect(join).toMatchObject({ label: 'join room', values: { room, user: bob.userId } })
  expect(join === undefined ? [] : labels(join)).toEqual(
    expect.arrayContaining(['make_join', 'send_join', 'federation request', 'fetch keys', 'TLS']),
  )

  const event = await alice.say(room, 'hello')
  await bob.waitForText(room, 'hello')
  const there = await until('what the other node did', async () => {
    const { records } = await trace(bob, { event })
    const all = records.flatMap(steps).map(({ label }) => label)
    return all.includes('receive events') && all.includes('sync answered') && records
  })
  expect(there.map(({ label }) => label)).toContain('federation in')
  expect(there.flatMap(steps)).toContainEqual(
    expect.objectContaining({ label: 'accepted', values: expect.objectContaining({ event }) }),
  )
  const sent = await until('the transaction', async () => {
    const { records } = await trace(alice, { event, server: two.serverName, label: 'federation send' })
    return records[0]
  })
  expect(labels(sent)).toEqual(expect.arrayContaining(['federation request', 'exchange', 'answer']))
  expect(await alice.call('GET', `${INSPECTOR}/trace/${sent.id}`)).toMatchObject({ id: sent.id })
})

test('who follows waits, goes on after a restart where they were, and is told of what may be missing', async () => {
  const { next } = await trace(alice, { limit: 1 })
  const waiting = trace(alice, { after: next, wait: 20_000, label: 'send event' })
  const first = await alice.say(room, 'first')
  const page = await waiting
  expect(page.records).toMatchObject([{ label: 'send event' }])
  expect(page.gap).toBeUndefined()

  await one.restart()
  const second = await alice.say(room, 'second')
  const after = await trace(alice, { after: next, label: 'send event', limit: 500 })
  expect(after.records.flatMap(steps).flatMap(({ values }) => values['event'] ?? [])).toEqual(
    expect.arrayContaining([first, second]),
  )
  expect(after.gap).toBeUndefined()
  const ids = after.records.map(({ id }) => id)
  expect(ids).toEqual(ids.toSorted((a, b) => a - b))

  const before = await trace(alice, { limit: 1 })
  await one.kill()
  await one.start()
  await alice.say(room, 'third')
  const crashed = await trace(alice, { after: before.next, label: 'send event' })
  expect(crashed.records).toHaveLength(1)
  expect(crashed.gap).toBeDefined()
  expect((await trace(alice, { after: crashed.next })).gap).toBeUndefined()
}, 60_000)

test('only the owner is answered; wrong queries are refused in words', async () => {
  const eve = await MatrixUser.register(one, 'eve')
  const refused = async (what: Promise<unknown>): Promise<string> => {
    const error: unknown = await what.then(
      () => undefined,
      (cause: unknown) => cause,
    )
    return error instanceof MatrixError ? `${error.status} ${error.errcode}` : String(error)
  }
  for (const path of ['trace', 'trace/1', 'running', 'recording'])
    expect(await refused(eve.call('GET', `${INSPECTOR}/${path}`))).toBe('403 M_FORBIDDEN')
  expect(await refused(new MatrixHttp(one.clientUrl).call('GET', `${INSPECTOR}/trace`))).toBe(
    '401 M_MISSING_TOKEN',
  )
  expect(await refused(trace(alice, { limit: 0 }))).toBe('400 M_INVALID_PARAM')
  expect(await refused(alice.call('GET', `${INSPECTOR}/trace/999999`))).toBe('404 M_NOT_FOUND')
})

test('bodies are kept while somebody records, and at no other time', async () => {
  const bodies = async (event: string): Promise<unknown[]> => {
    const found = await until('the transaction', async () => {
      const { records } = await trace(alice, { event, label: 'federation send' })
      return records.find((record) => labels(record).includes('answer'))
    })
    const record = await alice.call<TraceRecord>('GET', `${INSPECTOR}/trace/${found.id}`)
    return steps(record).flatMap((item) => item.bodies ?? [])
  }
  expect(await bodies(await alice.say(room, 'not to be kept'))).toEqual([])
  const state = await alice.call('POST', `${INSPECTOR}/recording`, { body: { on: true, minutes: 1 } })
  expect(state).toMatchObject({ on: true, until: expect.any(Number) })
  const kept = await bodies(await alice.say(room, 'to be looked at'))
  expect(JSON.stringify(kept)).toContain('to be looked at')
  expect(JSON.stringify(kept)).not.toMatch(/x-matrix|authorization|access_token/i)
  await alice.call('POST', `${INSPECTOR}/recording`, { body: { on: false, discard: true } })
  expect(await bodies(await alice.say(room, 'private again'))).toEqual([])
  expect(await alice.call('GET', `${INSPECTOR}/recording`)).toMatchObject({ on: false, records: 0 })
})

test('what the private API answers is as its OpenAPI document says', async () => {
  const event = await alice.say(room, 'described')
  const params: Record<string, string> = { roomId: room, eventId: event, id: '1' }
  const answered: string[] = []
  for (const { method, path, answer, query } of createDescriptions() as Description[]) {
    if (method !== 'get' || answer === undefined) continue
    const needed = Object.entries(query?.shape ?? {}).filter(
      ([, schema]) => !(schema as z.ZodType).safeParse(undefined).success,
    )
    if (needed.length > 0) continue
    const at = path.replaceAll(/:([A-Za-z]+)/g, (_all, name: string) =>
      encodeURIComponent(params[name] ?? two.serverName),
    )
    const said = await alice.call('GET', at).catch((error: unknown) => {
      if (error instanceof MatrixError && error.status === 404) return undefined
      throw error
    })
    if (said === undefined) continue
    const fits = answer.safeParse(said)
    expect(fits.success ? [] : [path, fits.error.issues]).toEqual([])
    answered.push(path)
  }
  expect(answered).toEqual(
    expect.arrayContaining(['/_hearth/v1/peers', '/_hearth/v1/settings', `${INSPECTOR}/trace`]),
  )
}, 30_000)
