import { describe, expect, test } from 'vitest'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { until } from '../harness/process/wait.ts'
import { usePair } from './servers.ts'

const pair = usePair()
const { newUser } = pair
let talks = 0

/** A message of each is shown to the other, and both see the same order of one sender's messages. */
async function talk(room: string, one: MatrixUser, other: MatrixUser): Promise<void> {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const texts = [1, 2, 3, 4, 5].map((n) => `${n} of talk ${++talks} from ${from.userId}`)
    for (const text of texts) await from.say(room, text)
    await to.waitForText(room, texts.at(-1) ?? '')
    expect(to.room(room).texts(from.userId).slice(-texts.length)).toEqual(texts)
  }
  expect(one.room(room).repeated).toEqual([])
  expect(other.room(room).repeated).toEqual([])
}

/** `admin` may change the topic, `guest` is allowed to by `admin`; each sees the other's. */
async function changeTopics(room: string, admin: MatrixUser, guest: MatrixUser): Promise<void> {
  await admin.setState(room, 'm.room.topic', { topic: 'from the admin' })
  await guest.waitFor(
    'the topic',
    () => guest.room(room).stateContent('m.room.topic')?.['topic'] === 'from the admin',
  )
  const levels = await admin.call<{ users?: Record<string, number> }>(
    'GET',
    `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/state/m.room.power_levels/`,
  )
  const promoted = { ...levels, users: { ...levels.users, [guest.userId]: 50 } }
  const change = await admin.setState(room, 'm.room.power_levels', promoted)
  await guest.waitFor('the power levels', () => guest.room(room).has(change))
  await guest.setState(room, 'm.room.topic', { topic: 'from the guest' })
  await admin.waitFor(
    'the topic',
    () => admin.room(room).stateContent('m.room.topic')?.['topic'] === 'from the guest',
  )
}

async function isRedactedFor(reader: MatrixUser, room: string, eventId: string): Promise<void> {
  await until(`${reader.userId} sees ${eventId} redacted`, async () => {
    const event = await reader.event(room, eventId)
    return event.content['body'] === undefined && event.unsigned?.['redacted_because'] !== undefined
  })
}

async function redactBothWays(room: string, admin: MatrixUser, guest: MatrixUser): Promise<void> {
  const own = await guest.say(room, 'I regret this')
  await admin.waitForText(room, 'I regret this')
  await guest.redact(room, own)
  await isRedactedFor(admin, room, own)
  const moderated = await guest.say(room, 'somebody else regrets this')
  await admin.waitForText(room, 'somebody else regrets this')
  await admin.redact(room, moderated)
  await isRedactedFor(guest, room, moderated)
  await isRedactedFor(admin, room, moderated)
}

async function leaves(room: string, leaver: MatrixUser, witness: MatrixUser): Promise<void> {
  await leaver.leave(room)
  await witness.waitFor('the leave', () => witness.room(room).membershipOf(leaver.userId) === 'leave')
  await leaver.waitFor('the own leave', () => leaver.room(room).membership === 'leave')
}

describe.each(['10', '11', '12'])('room version %s', (version) => {
  test('a Hearth user joins a room on Synapse, talks, moderates, leaves and comes back', async () => {
    const [host, guest] = [await newUser(pair.synapse), await newUser(pair.hearth)]
    const room = await host.createRoom({ room_version: version, preset: 'public_chat', name: 'On Synapse' })
    await host.say(room, 'before you came')
    await guest.join(room, pair.synapse.serverName)
    await guest.waitFor('the room', () => guest.room(room).membership === 'join')
    await host.waitFor('the join', () => host.room(room).membershipOf(guest.userId) === 'join')
    expect(guest.room(room).stateContent('m.room.name')).toEqual({ name: 'On Synapse' })
    await talk(room, host, guest)
    await changeTopics(room, host, guest)
    await redactBothWays(room, host, guest)
    await leaves(room, guest, host)
    await host.say(room, 'while you were away')
    await guest.join(room, pair.synapse.serverName)
    await guest.waitFor('the room again', () => guest.room(room).membership === 'join')
    await talk(room, guest, host)
  })

  test('a Synapse user is invited to a room on Hearth, joins, talks, moderates and leaves', async () => {
    const [host, guest] = [await newUser(pair.hearth), await newUser(pair.synapse)]
    const room = await host.createRoom({ room_version: version, preset: 'private_chat', name: 'On Hearth' })
    await host.invite(room, guest.userId)
    await guest.waitFor('the invite', () => guest.room(room).membership === 'invite')
    const named = guest.room(room).inviteState.find((event) => event.type === 'm.room.name')
    expect(named?.content).toEqual({ name: 'On Hearth' })
    await guest.join(room)
    await guest.waitFor('the room', () => guest.room(room).membership === 'join')
    await host.waitFor('the join', () => host.room(room).membershipOf(guest.userId) === 'join')
    await talk(room, host, guest)
    await changeTopics(room, host, guest)
    await redactBothWays(room, host, guest)
    await leaves(room, guest, host)
  })

  test('invites are declined both ways', async () => {
    const [ours, theirs] = [await newUser(pair.hearth), await newUser(pair.synapse)]
    for (const [host, guest] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      const room = await host.createRoom({
        room_version: version,
        preset: 'private_chat',
        invite: [guest.userId],
      })
      await guest.waitFor('the invite', () => guest.room(room).membership === 'invite')
      await leaves(room, guest, host)
    }
  })

  test('a Hearth user is kicked and banned by Synapse, and cannot come back', async () => {
    const [host, guest] = [await newUser(pair.synapse), await newUser(pair.hearth)]
    const room = await host.createRoom({ room_version: version, preset: 'public_chat' })
    await guest.join(room, pair.synapse.serverName)
    await host.waitFor('the join', () => host.room(room).membershipOf(guest.userId) === 'join')
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}`
    await host.call('POST', `${path}/kick`, { body: { user_id: guest.userId } })
    await guest.waitFor('the kick', () => guest.room(room).membership === 'leave')
    await host.call('POST', `${path}/ban`, { body: { user_id: guest.userId } })
    await expect(guest.join(room, pair.synapse.serverName)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
  })

  test('history before the join is read backwards over federation, both ways', async () => {
    const [ours, theirs] = [await newUser(pair.hearth), await newUser(pair.synapse)]
    for (const [host, guest, server] of [
      [theirs, ours, pair.synapse],
      [ours, theirs, pair.hearth],
    ] as const) {
      const room = await host.createRoom({ room_version: version, preset: 'public_chat' })
      const texts = Array.from({ length: 60 }, (_, n) => `old message ${n}`)
      for (const text of texts) await host.say(room, text)
      await guest.join(room, server.serverName)
      await until('the whole history is there', async () => {
        const events = await guest.history(room)
        const read = events
          .filter((event) => event.type === 'm.room.message')
          .map((event) => event.content['body'])
        if (read.length < texts.length) return false
        expect(read).toEqual(texts)
        return true
      })
    }
  })

  test('either server is stopped and started again; what was written meanwhile arrives in order, once', async () => {
    const [ours, theirs] = [await newUser(pair.hearth), await newUser(pair.synapse)]
    const room = await ours.createRoom({
      room_version: version,
      preset: 'private_chat',
      invite: [theirs.userId],
    })
    await theirs.waitFor('the invite', () => theirs.room(room).membership === 'invite')
    await theirs.join(room)
    await talk(room, ours, theirs)
    for (const [writer, reader, server] of [
      [ours, theirs, pair.synapse],
      [theirs, ours, pair.hearth],
    ] as const) {
      await server.stop()
      const texts = Array.from({ length: 20 }, (_, n) => `while ${server.serverName} is down: ${n}`)
      for (const text of texts) await writer.say(room, text)
      await server.start()
      await reader.waitForText(room, texts.at(-1) ?? '', 60_000)
      const received = reader.room(room).texts(writer.userId).slice(-texts.length)
      expect(received).toEqual(texts)
      expect(reader.room(room).repeated).toEqual([])
      await talk(room, reader, writer)
    }
  })
})

test('a Synapse room is joined by its alias, and profiles are seen over federation', async () => {
  const [host, guest] = [await newUser(pair.synapse), await newUser(pair.hearth)]
  await host.call('PUT', `/_matrix/client/v3/profile/${encodeURIComponent(host.userId)}/displayname`, {
    body: { displayname: 'Hanna the Host' },
  })
  const alias = `interop${Date.now()}`
  const room = await host.createRoom({ preset: 'public_chat', room_alias_name: alias })
  expect(await guest.join(`#${alias}:${pair.synapse.serverName}`)).toBe(room)
  const profile = await guest.call('GET', `/_matrix/client/v3/profile/${encodeURIComponent(host.userId)}`)
  expect(profile).toMatchObject({ displayname: 'Hanna the Host' })
})

test('a Hearth room is joined by its alias from Synapse', async () => {
  const [host, guest] = [await newUser(pair.hearth), await newUser(pair.synapse)]
  const alias = `interop${Date.now()}`
  const room = await host.createRoom({ preset: 'public_chat', room_alias_name: alias })
  expect(await guest.join(`#${alias}:${pair.hearth.serverName}`)).toBe(room)
})
