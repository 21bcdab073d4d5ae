/** Rooms deleted and accounts deactivated: others learn of it, and nothing stays here; over crashes too. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { REGISTRATION_SECRET, startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixUser, passwordOf } from '../harness/process/matrix-user.ts'
import { introduce, ownerOf } from '../harness/process/owner.ts'
import { upload } from '../harness/process/media.ts'
import { until } from '../harness/process/wait.ts'

let here: HearthProcess
let there: HearthProcess
let alice: MatrixUser
let bob: MatrixUser

const args = ['--no-mdns', '--no-rate-limits', '--registration-shared-secret', REGISTRATION_SECRET]

beforeAll(async () => {
  ;[here, there] = await Promise.all([
    startHearth({ label: 'here', args }),
    startHearth({ label: 'there', args }),
  ])
  ;[alice, bob] = await Promise.all([ownerOf(here), ownerOf(there)])
  await introduce(alice, there)
  await Promise.all([alice.startSync(), bob.startSync()])
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all([here?.stop(), there?.stop()])
}, 30_000)

async function together(): Promise<string> {
  const room = await alice.createRoom({ preset: 'private_chat', invite: [bob.userId] })
  await bob.join(room, here.serverName)
  return room
}

const remove = (user: MatrixUser, room: string, redact: boolean) =>
  user.call('POST', `/_hearth/v1/rooms/${encodeURIComponent(room)}/delete`, { body: { redact } })

/** Rows of the room that are still in the database of `here`, by table. */
function rowsOf(room: string): Record<string, number> {
  const db = new DatabaseSync(join(here.dataDir, 'hearth.db'), { readOnly: true, timeout: 5_000 })
  try {
    const count = (sql: string): number => Number(db.prepare(sql).get(room)?.['n'])
    const nid = '(SELECT nid FROM room_ids WHERE room_id = ?)'
    const tables = ['events', 'rooms', 'state_groups', 'room_members', 'receipts', 'forward_extremities']
    const rows: [string, number][] = tables.map((table) => [
      table,
      count(`SELECT count(*) AS n FROM ${table} WHERE room_nid = ${nid}`),
    ])
    rows.push(['removals', count('SELECT count(*) AS n FROM removals WHERE room_id = ?')])
    return Object.fromEntries(rows.filter(([, n]) => n > 0))
  } finally {
    db.close()
  }
}

const gone = (room: string) =>
  until('nothing of the room', () => Object.keys(rowsOf(room)).length === 0, 30_000, 200)
const membershipAt = (watching: MatrixUser, room: string, of: string) => watching.room(room).membershipOf(of)
/** Texts as the server tells them now. */
async function textsOf(user: MatrixUser, room: string, sender: string): Promise<unknown[]> {
  const history = await user.history(room)
  return history
    .filter((event) => event.type === 'm.room.message' && event.sender === sender)
    .flatMap((event) => event.content['body'] ?? [])
}

test('a room is deleted with what one said there; the others keep what they said', async () => {
  const room = await together()
  const files = (): number =>
    readdirSync(join(here.dataDir, 'media'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    ).length
  const url = await upload(alice, Buffer.from('a file of this room alone'), 'text/plain')
  await alice.sendEvent(room, 'm.room.message', { msgtype: 'm.file', body: 'file', url })
  expect(files()).toBe(1)
  await alice.say(room, 'quicksilverword of alice')
  await bob.say(room, 'quicksilverword of bob')
  await alice.waitForText(room, 'quicksilverword of bob')

  expect(await remove(alice, room, true)).toEqual({ left: true })
  await bob.waitFor('alice has left', () => membershipAt(bob, room, alice.userId) === 'leave')
  expect(await textsOf(bob, room, alice.userId)).toEqual([])
  expect(await textsOf(bob, room, bob.userId)).toEqual(['quicksilverword of bob'])
  await gone(room)
  const search = { search_categories: { room_events: { search_term: 'quicksilverword' } } }
  const found = await alice.call('POST', '/_matrix/client/v3/search', { body: search })
  expect(found).toMatchObject({ search_categories: { room_events: { results: [] } } })
  await until('the file is gone', () => files() === 0)
  await expect(remove(alice, '!other:elsewhere.example', false)).rejects.toMatchObject({ status: 404 })

  // The room can be had again, as any that one was never in.
  await bob.invite(room, alice.userId)
  await alice.join(room, there.serverName)
  await bob.say(room, 'you are back')
  await alice.waitForText(room, 'you are back')
})

test('a crash in the middle of a deletion loses nothing of it', async () => {
  const room = await together()
  const many = Array.from({ length: 400 }, (_, n) => `message ${n}`)
  for (let n = 0; n < many.length; n += 20)
    await Promise.all(many.slice(n, n + 20).map((text) => alice.say(room, text)))
  const asked = remove(alice, room, true).catch(() => undefined)
  const redactions = (): number =>
    [...bob.room(room).timeline].filter((event) => event.type === 'm.room.redaction').length
  await until('the first redaction is at the other server', () => redactions() > 0, 20_000, 1)
  await here.kill()
  await asked
  await here.start()
  await bob.waitFor('alice has left', () => membershipAt(bob, room, alice.userId) === 'leave', 60_000)
  expect(await textsOf(bob, room, alice.userId)).toEqual([])
  await gone(room)
}, 120_000)

test('who is away learns of it later, and only what is for them waits here', async () => {
  const room = await together()
  await alice.say(room, 'before you went')
  await bob.waitForText(room, 'before you went')
  await there.stop()
  // More than a queue holds one by one for who is away.
  for (let n = 0; n < 70; n++) await alice.say(room, `while you were away ${n}`)
  expect(await remove(alice, room, true)).toEqual({ left: true })
  await until('only what waits is here', () => {
    const { events, removals, ...rest } = rowsOf(room)
    return Number(events) > 140 && removals === 1 && Object.keys(rest).length === 0
  })
  await there.start()
  await bob.waitFor('alice has left', () => membershipAt(bob, room, alice.userId) === 'leave', 30_000)
  expect(await textsOf(bob, room, alice.userId)).toEqual([])
  await gone(room)
}, 90_000)

test('a deactivated account leaves everywhere, declines its invites, and is nobody any more', async () => {
  const dora = await MatrixUser.register(here, 'dora')
  const profile = `/_matrix/client/v3/profile/${encodeURIComponent(dora.userId)}`
  await dora.call('PUT', `${profile}/displayname`, { body: { displayname: 'Dora' } })
  const joined = await bob.createRoom({ preset: 'private_chat', invite: [dora.userId] })
  await dora.join(joined, there.serverName)
  const invited = await bob.createRoom({ preset: 'private_chat', invite: [dora.userId] })
  await dora.say(joined, 'said by dora')
  await bob.waitForText(joined, 'said by dora')
  const path = '/_matrix/client/v3/account/deactivate'
  await expect(dora.call('POST', path, { body: { erase: true } })).rejects.toMatchObject({ status: 401 })
  const identifier = { type: 'm.id.user', user: 'dora' }
  const auth = { type: 'm.login.password', identifier, password: passwordOf('dora') }
  await dora.call('POST', path, { body: { erase: true, 'hearth.redact': true, auth } })
  for (const room of [joined, invited])
    await bob.waitFor('dora is out', () => membershipAt(bob, room, dora.userId) === 'leave')
  expect(await textsOf(bob, joined, dora.userId)).toEqual([])
  await expect(dora.call('GET', '/_matrix/client/v3/account/whoami')).rejects.toMatchObject({ status: 401 })
  await expect(MatrixUser.login(here, 'dora')).rejects.toMatchObject({ errcode: 'M_USER_DEACTIVATED' })
  await expect(bob.call('GET', profile)).rejects.toMatchObject({ status: 404 })
  await expect(bob.invite(invited, dora.userId)).rejects.toMatchObject({ status: 404 })
  await gone(joined)
}, 60_000)
