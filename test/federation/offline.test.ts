/** What is written while the other side is away: kept, told truthfully, and delivered in order. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HearthProcess } from '../harness/process/hearth.ts'
import type { MatrixUser } from '../harness/process/matrix-user.ts'
import { startIntroduced } from '../harness/process/owner.ts'

interface Destinations {
  readonly destinations: readonly { server_name: string; state: string; ts?: number; error?: string }[]
}
interface Batch {
  readonly position: string
  readonly events: Record<string, Destinations>
}

let here: HearthProcess
let there: HearthProcess
let alice: MatrixUser
let bob: MatrixUser
let room: string

beforeAll(async () => {
  ;({ here, there, alice, bob, room } = await startIntroduced())
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all([here?.stop(), there?.stop()])
}, 30_000)

const receipt = (user: MatrixUser, eventId: string, body: object = {}) =>
  user.call(
    'POST',
    `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/receipt/m.read/${encodeURIComponent(eventId)}`,
    { body },
  )

const delivery = (eventId: string) =>
  alice.call<Destinations>(
    'GET',
    `/_hearth/v1/rooms/${encodeURIComponent(room)}/delivery/${encodeURIComponent(eventId)}`,
  )

/** Follows the long poll until every one of the events has the state. */
async function waitForState(ids: readonly string[], state: string): Promise<Batch> {
  let since: string | undefined
  for (;;) {
    const body = { event_ids: ids, ...(since === undefined ? {} : { since }) }
    const answer: Batch = await alice.call<Batch>('POST', '/_hearth/v1/delivery', {
      body,
      query: { timeout: 30_000 },
    })
    const rows = ids.map((id) => answer.events[id]?.destinations ?? [])
    if (rows.every((row) => row.length === 1 && row[0]?.state === state)) return answer
    since = answer.position
  }
}

test('a message is told as delivered only when the other server has it', async () => {
  const id = await alice.say(room, 'hello')
  await waitForState([id], 'delivered')
  await bob.waitForText(room, 'hello')
  const [row] = (await delivery(id)).destinations
  expect(row?.server_name).toBe(there.serverName)
  expect(row?.ts).toBeGreaterThan(0)
  // Bob's own node knows nothing of whom Alice's node told.
  await expect(
    bob.call('GET', `/_hearth/v1/rooms/${encodeURIComponent(room)}/delivery/${encodeURIComponent(id)}`),
  ).rejects.toMatchObject({ status: 404 })
})

test('edits, reactions, redactions and receipts made while the other is away arrive in order, after both restarted', async () => {
  const read = await bob.say(room, 'read me')
  await alice.waitForText(room, 'read me')
  await there.stop()

  const first = await alice.say(room, 'first')
  const second = await alice.say(room, 'secnd')
  const edit = await alice.sendEvent(room, 'm.room.message', {
    msgtype: 'm.text',
    body: '* second',
    'm.new_content': { msgtype: 'm.text', body: 'second' },
    'm.relates_to': { rel_type: 'm.replace', event_id: second },
  })
  const reaction = await alice.sendEvent(room, 'm.reaction', {
    'm.relates_to': { rel_type: 'm.annotation', event_id: read, key: '👍' },
  })
  const regretted = await alice.say(room, 'regretted')
  const redaction = await alice.redact(room, regretted)
  await receipt(alice, read)
  const sent = [first, second, edit, reaction, regretted, redaction]

  const failed = await waitForState(sent, 'waiting')
  expect(Object.keys(failed.events)).toHaveLength(sent.length)
  await expect
    .poll(async () => (await delivery(first)).destinations[0]?.error, { timeout: 15_000 })
    .toBe('The other server cannot be reached.')

  await here.kill()
  await here.start()
  // Waiting is still known, from the disk.
  expect((await delivery(first)).destinations[0]?.state).toBe('waiting')
  await there.start()
  await waitForState(sent, 'delivered')
  await bob.waitFor('all of it', () => sent.every((id) => bob.room(room).has(id)))
  const seen = bob.room(room).timeline.map((event) => event.event_id)
  expect(seen.filter((id) => sent.includes(id))).toEqual(sent)
  const history = await bob.history(room)
  expect(history.map((event) => event.event_id).filter((id) => sent.includes(id))).toEqual(sent)
  expect(history.find((event) => event.event_id === regretted)?.content).toEqual({})
  await bob.waitFor('the receipt', () =>
    JSON.stringify(bob.room(room).ephemeral.get('m.receipt') ?? {}).includes(read),
  )
}, 60_000)
