/** The path of one message as the inspector of each side tells it, in each way that a message can fare. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parsePdu } from '../../src-main/core/pdu.ts'
import type { JsonObject } from '../../src-main/core/types.ts'
import { loginToken, startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { Liar, LiarsRoom } from '../harness/process/liar.ts'
import { MatrixHttp } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'

interface Step {
  kind: string
  state: string
  ts?: number
  words: string
  reason?: string
  record?: number
}
interface PathServer {
  server: string
  role: string
  state: string
  steps: Step[]
  attempts: { state: string; words: string; status?: number; record?: number }[]
  retry_ts?: number
  failures?: number
  may_ask: boolean
  readers: { user: string; ts: number; later: boolean }[]
}
interface Path {
  direction: string
  status?: string
  here: Step[]
  servers: PathServer[]
}
interface There {
  state: string
  words: string
  clock?: { ahead_ms: number; within_ms: number; words: string }
  steps: Step[]
}

let here: HearthProcess
let there: HearthProcess
let alice: MatrixUser
let bob: MatrixUser
let room: string

const timeout = { timeout: 20_000 }
const owner = (node: HearthProcess) =>
  MatrixUser.loginWithToken(new MatrixHttp(node.clientUrl), loginToken(node.ready))
const pathOf = (user: MatrixUser, id: string) =>
  user.call<Path>('GET', `/_hearth/v1/inspector/path/${encodeURIComponent(id)}`)
const thereOf = (user: MatrixUser, id: string, server: HearthProcess) =>
  user.call<There>(
    'GET',
    `/_hearth/v1/inspector/path/${encodeURIComponent(id)}/there/${encodeURIComponent(server.serverName)}`,
  )
const kinds = (steps: readonly Step[]) => steps.map(({ kind, state }) => `${kind} ${state}`)
const stepOf = (steps: readonly Step[], kind: string) => steps.find((step) => step.kind === kind)
const rules = (user: MatrixUser, body: object) =>
  user.http.call('PATCH', '/_hearth/v1/settings', { token: user.token, body })
const only = (path: Path): PathServer => {
  expect(path.servers).toHaveLength(1)
  return path.servers[0]!
}
const stateOf = async (id: string) => only(await pathOf(alice, id)).state

beforeAll(async () => {
  const args = ['--no-mdns', '--no-rate-limits']
  ;[here, there] = await Promise.all([
    startHearth({ label: 'here', args }),
    startHearth({ label: 'there', args }),
  ])
  ;[alice, bob] = await Promise.all([owner(here), owner(there)])
  for (const [user, other] of [
    [alice, there],
    [bob, here],
  ] as const) {
    const address = new URL(other.ready.federation_url).host
    await user.call('POST', '/_hearth/v1/peers', { body: { server_name: other.serverName, address } })
  }
  await Promise.all([alice.startSync(), bob.startSync()])
  room = await bob.createRoom({ preset: 'public_chat' })
  await alice.join(room, there.serverName)
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all([here?.stop(), there?.stop()])
}, 30_000)

test('a message that arrives: each step here and there with its time, in order, until it is read', async () => {
  const id = await alice.say(room, 'the long way')
  await bob.waitForText(room, 'the long way')
  await bob.call(
    'POST',
    `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/receipt/m.read/${encodeURIComponent(id)}`,
    { body: {} },
  )
  await expect
    .poll(async () => only(await pathOf(alice, id)).readers, timeout)
    .toMatchObject([{ user: bob.userId, later: false }])

  const path = await pathOf(alice, id)
  expect(path).toMatchObject({ direction: 'out', status: 'accepted' })
  expect(kinds(path.here)).toEqual([
    'composed done',
    'signed done',
    'authorised done',
    'queued done',
    'stored done',
    'visible done',
  ])
  const server = only(path)
  expect(server).toMatchObject({ server: there.serverName, role: 'destination', state: 'delivered' })
  expect(kinds(server.steps)).toEqual(['queued done', 'sent done', 'answered done'])
  expect(server.attempts).toMatchObject([{ state: 'taken', status: 200 }])

  const told = await thereOf(alice, id, there)
  expect(told.state).toBe('told')
  expect(kinds(told.steps)).toEqual(['received done', 'authorised done', 'visible done'])
  await rules(bob, { presence: 'off' })
  const discreet = await thereOf(alice, id, there)
  expect(kinds(discreet.steps)).toEqual(['received done', 'authorised done', 'visible unknown'])
  await rules(bob, { presence: 'lan' })
  // One machine has one clock.
  expect(Math.abs(told.clock!.ahead_ms)).toBeLessThanOrEqual(told.clock!.within_ms + 1)
  const slack = told.clock!.within_ms + 2
  const times = [...path.here.slice(0, 4), ...server.steps.slice(1, 2), ...told.steps].map(({ ts }) => ts!)
  for (const [index, ts] of times.entries())
    if (index > 0) expect(ts).toBeGreaterThanOrEqual(times[index - 1]! - slack)
  expect(server.readers[0]!.ts).toBeGreaterThanOrEqual(told.steps[0]!.ts! - slack)

  // The other way round: what came, and how.
  const incoming = await pathOf(bob, id)
  expect(incoming).toMatchObject({ direction: 'in', status: 'accepted' })
  expect(kinds(incoming.here)).toEqual([
    'received done',
    'authorised done',
    'stored done',
    'visible done',
    'read done',
  ])
  expect(stepOf(incoming.here, 'received')!.words).toContain('in a transaction')
  expect(only(incoming)).toMatchObject({ server: here.serverName, role: 'sender' })
  expect(kinds((await thereOf(bob, id, here)).steps)[0]).toBe('composed done')
})

test('a request as a command for a terminal is signed, and the other server takes it', async (context) => {
  const shell = promisify(execFile)
  if (
    await shell('curl', ['--version']).then(
      () => false,
      () => true,
    )
  )
    context.skip()
  const id = await alice.say(room, "it's $HOME")
  await bob.waitForText(room, "it's $HOME")
  const asked = {
    server: there.serverName,
    method: 'GET',
    path: `/_matrix/federation/v1/event/${encodeURIComponent(id)}`,
  }
  const made = await alice.call<{ command: string; notes: string[] }>('POST', '/_hearth/v1/inspector/curl', {
    body: asked,
  })
  expect(made.notes.length).toBeGreaterThan(0)
  const { stdout } = await shell('sh', ['-c', `${made.command} --silent`])
  expect(JSON.parse(stdout)).toMatchObject({ pdus: [{ content: { body: "it's $HOME" } }] })
  // A transaction whose body was not kept is made anew of its events; again has no second effect.
  const again = {
    server: there.serverName,
    method: 'PUT',
    path: '/_matrix/federation/v1/send/by-hand',
    events: [id],
  }
  const put = await alice.call<{ command: string }>('POST', '/_hearth/v1/inspector/curl', { body: again })
  const answer = await shell('sh', ['-c', `${put.command} --silent`])
  expect(JSON.parse(answer.stdout)).toEqual({ pdus: { [id]: {} } })
  const wrong = { ...asked, path: '/_hearth/v1/peers' }
  await expect(alice.call('POST', '/_hearth/v1/inspector/curl', { body: wrong })).rejects.toThrow('_matrix')
  const stranger = alice.http.call('POST', '/_hearth/v1/inspector/curl', { token: 'nobody', body: asked })
  await expect(stranger).rejects.toThrow()
})

test('who is no server of the path is not asked, and nobody who may not know is told', async () => {
  const secret = await bob.createRoom({ preset: 'private_chat' })
  const id = await bob.say(secret, 'for nobody else')
  const path = await pathOf(bob, id)
  expect(path.servers).toEqual([])
  expect(path.here.find(({ kind }) => kind === 'queued')!.words).toContain('goes to none')
  await expect(thereOf(bob, id, here)).rejects.toThrow('not part of the path')
  await expect(pathOf(alice, id)).rejects.toThrow('Nothing is known here')
})

test('a peer that denies this server: waiting, with what it said, and what was tried', async () => {
  await rules(bob, { deny_domain: [here.serverName] })
  const id = await alice.say(room, 'not for your ears')
  await expect.poll(async () => only(await pathOf(alice, id)).failures ?? 0, timeout).toBeGreaterThan(0)
  const server = only(await pathOf(alice, id))
  expect(server).toMatchObject({ state: 'waiting', may_ask: false })
  expect(server.retry_ts).toBeGreaterThan(Date.now() - 1000)
  const sent = stepOf(server.steps, 'sent')!
  expect(sent).toMatchObject({ state: 'failed' })
  expect(sent.reason).toContain('The other server says')
  expect(server.attempts.at(-1)).toMatchObject({ state: 'failed', status: 403 })

  await rules(bob, { deny_domain: [] })
  await expect.poll(() => stateOf(id), timeout).toBe('delivered')
  const after = only(await pathOf(alice, id))
  expect(stepOf(after.steps, 'sent')!.words).toContain('that failed')
})

test('a server that this one denies is not sent to, and the path says whose doing that is', async () => {
  await rules(alice, { deny_domain: [there.serverName] })
  const id = await alice.say(room, 'kept back')
  const server = only(await pathOf(alice, id))
  expect(server).toMatchObject({ state: 'waiting', may_ask: false })
  expect(stepOf(server.steps, 'sent')!.words).toContain('the settings of this Hearth do not allow')

  // Bob's server bans Alice, who does not hear of it: what she says is right where she is, and not there.
  await bob.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/ban`, {
    body: { user_id: alice.userId },
  })
  await rules(alice, { deny_domain: [] })
  await expect.poll(() => stateOf(id), timeout).toBe('delivered')
  const told = await thereOf(alice, id, there)
  expect(kinds(told.steps)).toEqual(['received done', 'authorised failed', 'visible failed'])
  const verdict = stepOf(told.steps, 'authorised')!
  expect(verdict.words).toContain('Soft-failed')
  expect(verdict.reason).toBeTruthy()
  const incoming = await pathOf(bob, id)
  expect(incoming.status).toBe('soft-failed')
  expect(kinds(incoming.here)).toContain('authorised failed')
})

test('one that was away for long is told of the newest, and the path of the others says that it asked for them', async () => {
  room = await bob.createRoom({ preset: 'public_chat' })
  await alice.join(room, there.serverName)
  await there.stop()
  const ids: string[] = []
  for (let n = 0; n < 120; n++) ids.push(await alice.say(room, `while away ${n}`))
  await expect.poll(async () => only(await pathOf(alice, ids[0]!)).failures ?? 0, timeout).toBeGreaterThan(0)
  const waiting = only(await pathOf(alice, ids[100]!))
  expect(waiting.state).toBe('waiting')
  expect(stepOf(waiting.steps, 'sent')).toMatchObject({
    state: 'failed',
    reason: 'The other server cannot be reached.',
  })

  await there.start()
  await bob.waitForText(room, 'while away 119', 30_000)
  const middle = ids[60]!
  await bob.waitForText(room, 'while away 60', 30_000).catch(() => undefined)
  await expect.poll(() => stateOf(middle), { timeout: 30_000 }).toBe('delivered')
  const told = await thereOf(alice, middle, there)
  expect(told.steps[0]!.words).toContain('asked for')
  expect(stepOf((await pathOf(bob, middle)).here, 'received')!.words).toContain('asked for it')
})

test('a server of another kind that refuses an event: what it said; and it does not tell more, or lies in vain', async () => {
  const liar = await Liar.start()
  try {
    const address = `127.0.0.1:${liar.port}`
    await alice.call('POST', '/_hearth/v1/peers', { body: { server_name: liar.serverName, address } })
    const theirs = new LiarsRoom(liar)
    liar.on('/make_join/', (asked) => theirs.template(asked.url ?? ''))
    liar.on('/send_join/', (_asked, _answer, body) => theirs.answer(body))
    const joined = await alice.join(theirs.roomId, liar.serverName)
    liar.on('/v1/send/', (_asked, _answer, body) => {
      const { pdus } = JSON.parse(body) as { pdus: { type: string }[] }
      const ids = pdus.map((json) => referenceId(json))
      return { pdus: Object.fromEntries(ids.map((id) => [id, { error: 'Not in my house.' }])) }
    })
    const id = await alice.say(joined, 'may I?')
    const server = async () =>
      (await pathOf(alice, id)).servers.find((each) => each.server === liar.serverName)!
    await expect.poll(async () => (await server()).state, timeout).toBe('refused')
    const refused = await server()
    expect(stepOf(refused.steps, 'answered')).toMatchObject({ state: 'failed', reason: 'Not in my house.' })
    expect(refused.attempts.at(-1)).toMatchObject({
      state: 'refused',
      status: 200,
      words: 'Not in my house.',
    })

    const ask = () =>
      alice.call<There>(
        'GET',
        `/_hearth/v1/inspector/path/${encodeURIComponent(id)}/there/${encodeURIComponent(liar.serverName)}`,
      )
    liar.on('/event_path/', (_asked, answer) => {
      answer.writeHead(404, { 'content-type': 'application/json' })
      answer.end(JSON.stringify({ errcode: 'M_UNRECOGNIZED', error: 'What?' }))
    })
    expect(await ask()).toMatchObject({ state: 'mute', steps: [] })
    liar.on('/event_path/', () => ({ now: -5, verdict: { state: 'wonderful' } }))
    expect(await ask()).toMatchObject({
      state: 'refused',
      words: expect.stringContaining('no sense') as string,
    })
    // Its clock may say what it likes: its times are told in ours.
    liar.on('/event_path/', () => ({
      now: 1_000_000,
      received: { ts: 999_000, how: 'sent' },
      verdict: { state: 'accepted', ts: 999_500 },
    }))
    const told = await ask()
    expect(told.clock!.words).toContain('behind')
    expect(Math.abs(told.steps[0]!.ts! - (Date.now() - 1_000))).toBeLessThan(2_000)
  } finally {
    await liar.stop()
  }
})

function referenceId(json: object): string {
  const parsed = parsePdu(json as JsonObject, '10')
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.pdu.eventId
}
