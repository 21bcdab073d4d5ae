/** The owner's lists of servers, changed while three real nodes talk. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import type { MatrixUser } from '../harness/process/matrix-user.ts'
import { introduce, ownerOf } from '../harness/process/owner.ts'

let here: HearthProcess
let there: HearthProcess
let third: HearthProcess
let alice: MatrixUser
let bob: MatrixUser
let carol: MatrixUser
let room: string

const patch = (body: object) => alice.http.call('PATCH', '/_hearth/v1/settings', { token: alice.token, body })
const settings = () => alice.call('GET', '/_hearth/v1/settings')
const timeout = { timeout: 20_000 }

async function deliveryTo(user: MatrixUser, eventId: string, to: HearthProcess): Promise<unknown> {
  const { destinations } = await user.call<{ destinations: { server_name: string }[] }>(
    'GET',
    `/_hearth/v1/rooms/${encodeURIComponent(room)}/delivery/${encodeURIComponent(eventId)}`,
  )
  return destinations.find((each) => each.server_name === to.serverName)
}

const deniedBy = async (user: MatrixUser): Promise<unknown> =>
  (await user.call<{ servers: unknown }>('GET', '/_hearth/v1/denied-by')).servers

const typists = (user: MatrixUser): unknown => user.room(room).ephemeral.get('m.typing')?.['user_ids']

/** As with an editor: the whole file is another. */
function edit(change: (file: Record<string, unknown>) => unknown): void {
  const path = join(here.dataDir, 'settings.json')
  const next = change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)
  writeFileSync(path, typeof next === 'string' ? next : JSON.stringify(next))
}

beforeAll(async () => {
  const args = ['--no-mdns', '--no-rate-limits']
  ;[here, there, third] = await Promise.all([
    startHearth({ label: 'here', args }),
    startHearth({ label: 'there', args }),
    startHearth({ label: 'third', args }),
  ])
  ;[alice, bob, carol] = await Promise.all([ownerOf(here), ownerOf(there), ownerOf(third)])
  await Promise.all([
    introduce(alice, there, third),
    introduce(bob, here, third),
    introduce(carol, here, there),
  ])
  await Promise.all([alice.startSync(), bob.startSync(), carol.startSync()])
  room = await alice.createRoom({ preset: 'private_chat', invite: [bob.userId, carol.userId] })
  await bob.join(room, here.serverName)
  await carol.join(room, here.serverName)
  await bob.waitForText(room, await hello())
}, 60_000)

async function hello(): Promise<string> {
  await alice.waitFor(
    'all are here',
    () => alice.room(room).stateContent('m.room.member', carol.userId)?.['membership'] === 'join',
  )
  await alice.say(room, 'hello')
  await carol.waitForText(room, 'hello')
  return 'hello'
}

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close(), carol?.close()])
  await Promise.all([here?.stop(), there?.stop(), third?.stop()])
}, 30_000)

test('a server that is denied while the node runs is out at once, in both directions, and is told why', async () => {
  await expect(patch({ deny_domain: ['https://evil.example'] })).rejects.toMatchObject({ status: 400 })
  expect(await patch({ deny_domain: [there.serverName] })).toMatchObject({
    deny_domain: [there.serverName],
    restart_needed: [],
  })

  const fromBob = await bob.say(room, 'can you hear me')
  const fromAlice = await alice.say(room, 'only for the others')
  await carol.waitForText(room, 'can you hear me')
  await carol.waitForText(room, 'only for the others')
  // What bob's server is told, and what alice's own says.
  await expect
    .poll(() => deliveryTo(bob, fromBob, here), timeout)
    .toMatchObject({ state: 'waiting', denied: true, error: expect.stringContaining('The owner of') })
  expect(await deniedBy(bob)).toEqual([here.serverName])
  expect(await deniedBy(alice)).toEqual([])
  expect(await deliveryTo(alice, fromAlice, there)).toMatchObject({
    state: 'waiting',
    error: expect.stringContaining('settings of this Hearth do not allow'),
  })

  // Carol's answer stands on bob's message: the room goes on, without what bob says.
  await carol.say(room, 'an answer')
  await alice.waitForText(room, 'an answer')
  expect(alice.room(room).texts()).not.toContain('can you hear me')
  const typing = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/typing/`
  await bob.call('PUT', typing + encodeURIComponent(bob.userId), { body: { typing: true, timeout: 20_000 } })
  await carol.call('PUT', typing + encodeURIComponent(carol.userId), {
    body: { typing: true, timeout: 20_000 },
  })
  await expect.poll(() => typists(alice), timeout).toEqual([carol.userId])

  const servers = await alice.call('GET', `/_hearth/v1/rooms/${encodeURIComponent(room)}/servers`)
  expect(servers).toMatchObject({
    servers: expect.arrayContaining([
      { server_name: there.serverName, members: 1, allowed: false },
      { server_name: third.serverName, members: 1, allowed: true },
    ]),
  })
  const { peers } = await alice.call<{ peers: unknown[] }>('GET', '/_hearth/v1/peers')
  expect(peers).toContainEqual(expect.objectContaining({ server_name: there.serverName, allowed: false }))
})

test('what a person wants with a denied server is refused with words, before anything happens', async () => {
  const denied = { status: 403, errcode: 'M_FORBIDDEN', body: { denied_server: there.serverName } }
  const mine = await alice.createRoom({ preset: 'private_chat' })
  await expect(alice.invite(mine, bob.userId)).rejects.toMatchObject(denied)
  await expect(alice.createRoom({ is_direct: true, invite: [bob.userId] })).rejects.toMatchObject(denied)
  await expect(alice.join(`#room:${there.serverName}`)).rejects.toMatchObject(denied)
  await expect(alice.join(`!room:${there.serverName}`, there.serverName)).rejects.toMatchObject(denied)
  const directory = `/_matrix/client/v3/publicRooms?server=${encodeURIComponent(there.serverName)}`
  await expect(alice.call('GET', directory)).rejects.toMatchObject(denied)
  const media = `/_matrix/client/v1/media/download/${there.serverName}/picture`
  await expect(alice.call('GET', media)).rejects.toMatchObject({ status: 403 })
  await expect(bob.join(mine, here.serverName)).rejects.toMatchObject({
    status: 403,
    body: { denied_by: here.serverName },
  })
  const theirs = await bob.createRoom({ preset: 'private_chat' })
  await expect(bob.invite(theirs, alice.userId)).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining(`The owner of ${here.serverName} does not allow`),
  })
})

test('the lists and what waits survive a restart; the file is read when it is edited, and then all of it goes', async () => {
  await here.restart()
  expect(await settings()).toMatchObject({ deny_domain: [there.serverName] })
  // Who is denied hears of it anew.
  await there.restart()
  await expect.poll(() => deniedBy(bob), timeout).toEqual([here.serverName])
  const waiting = await alice.say(room, 'still not for bob')
  expect(await deliveryTo(alice, waiting, there)).toMatchObject({ state: 'waiting' })

  // In the middle of editing: nothing changes, it is said, and the file is not written over.
  edit(() => '{ "deny_domain": [')
  await expect.poll(settings, timeout).toMatchObject({ problem: expect.stringContaining('settings.json') })
  await expect(patch({ deny_domain: [] })).rejects.toMatchObject({ status: 409 })
  writeFileSync(
    join(here.dataDir, 'settings.json'),
    JSON.stringify({ deny_domain: [], registration: 'open' }),
  )

  // No message is needed to set it going, on either side.
  await bob.waitForText(room, 'only for the others')
  await bob.waitForText(room, 'still not for bob')
  await alice.waitForText(room, 'can you hear me')
  expect(await deniedBy(bob)).toEqual([])
  await expect.poll(() => deliveryTo(alice, waiting, there), timeout).toMatchObject({ state: 'delivered' })
  expect(await settings()).toMatchObject({ deny_domain: [], restart_needed: ['registration'] })
  expect(await settings()).not.toHaveProperty('problem')
}, 60_000)

test('with a list of allowed servers everybody else is out', async () => {
  await patch({ allow_domain: [third.serverName] })
  const message = await alice.say(room, 'carol alone')
  await carol.waitForText(room, 'carol alone')
  expect(await deliveryTo(alice, message, there)).toMatchObject({ state: 'waiting' })
  await patch({ allow_domain: [] })
  await bob.waitForText(room, 'carol alone')
})
