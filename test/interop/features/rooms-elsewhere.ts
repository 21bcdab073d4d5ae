import { expect } from 'vitest'
import type { MatrixUser } from '../../harness/process/matrix-user.ts'
import type { Feature } from './feature.ts'
import { CLIENT, eventually, roomPath, type Stage } from './stage.ts'

interface Found {
  readonly room_id: string
  readonly name?: string
  readonly topic?: string
  readonly join_rule?: string
  readonly num_joined_members: number
}

interface Directory {
  readonly chunk: readonly Found[]
  readonly next_batch?: string
}

const V1 = '/_matrix/client/v1'
const NOT_TOLD = 'Synapse does not tell it to the other server later.'
const KNOCK_ENDS_HERE = 'Synapse takes a knock back on its own side only.'
const NOT_REFUSED = 'Synapse neither tells nor hears by federation that a knock was refused.'
let words = 0
/** A word that no other test uses. */
const word = () => `quince${Date.now()}x${++words}`

const rule = (join_rule: string, more: object = {}) => ({
  initial_state: [{ type: 'm.room.join_rules', state_key: '', content: { join_rule, ...more } }],
})

async function directory(stage: Stage, generic_search_term: string, since?: string): Promise<Directory> {
  const query = { server: stage.fromServer.serverName }
  const body = { limit: 1, since, filter: { generic_search_term } }
  return await stage.to.call('POST', `${CLIENT}/publicRooms`, { query, body })
}

async function makeSpace(
  { from, fromServer }: Stage,
  rooms: readonly string[],
  name: string,
): Promise<string> {
  const creation_content = { type: 'm.space' }
  const space = await from.createRoom({ preset: 'public_chat', name, creation_content })
  for (const room of rooms)
    await from.setState(space, 'm.space.child', { via: [fromServer.serverName] }, room)
  return space
}

async function hierarchy(reader: MatrixUser, space: string): Promise<Found[]> {
  const path = `${V1}/rooms/${encodeURIComponent(space)}/hierarchy`
  return (await reader.call<{ rooms: Found[] }>('GET', path)).rooms
}

async function knock(stage: Stage, room: string): Promise<void> {
  const via = stage.fromServer.serverName
  const query = { via, server_name: via }
  const body = { reason: 'let me in' }
  await stage.to.call('POST', `${CLIENT}/knock/${encodeURIComponent(room)}`, { body, query })
  await stage.from.waitFor('the knock', () => membershipAt(stage, room) === 'knock')
}

const membershipAt = (stage: Stage, room: string) => stage.from.room(room).membershipOf(stage.to.userId)

/**
 * Names and topics in directories and summaries are awaited: Synapse writes them down for these a moment
 * after a room was created, and answers without them until then.
 */
export const roomsElsewhere: Feature[] = [
  {
    name: 'Room directory of the other server, searched and paged',
    async run(stage) {
      const term = word()
      const rooms = ['red', 'green', 'blue'].map((colour) => `${colour} ${term}`)
      for (const name of rooms)
        await stage.from.createRoom({ visibility: 'public', preset: 'public_chat', name })
      await eventually('the rooms in the directory', async () => {
        const found: string[] = []
        let since: string | undefined
        do {
          const page = await directory(stage, term, since)
          found.push(...page.chunk.map((room) => room.name ?? ''))
          since = page.next_batch
        } while (since !== undefined && found.length < 10)
        expect(found.toSorted()).toEqual(rooms.toSorted())
      })
      expect((await directory(stage, `${term} and nothing`)).chunk).toEqual([])
    },
  },
  {
    name: 'Rooms of a space that one is not in',
    async run(stage) {
      const { from, to, fromServer } = stage
      const kitchen = await from.createRoom({ preset: 'public_chat', name: 'Kitchen' })
      const secret = await from.createRoom({ preset: 'private_chat', name: 'Secret' })
      const house = await makeSpace(stage, [kitchen, secret], 'House')
      const street = await makeSpace(stage, [house], 'Street')
      await to.join(street, fromServer.serverName)
      await eventually('the rooms', async () => {
        const rooms = await hierarchy(to, street)
        expect(rooms.map((room) => room.name)).toEqual(['Street', 'House', 'Kitchen'])
        expect(rooms[2]).toMatchObject({ room_id: kitchen, join_rule: 'public', num_joined_members: 1 })
      })
    },
  },
  {
    name: 'Summary of a room before joining it',
    async run(stage) {
      const room = await stage.from.createRoom({ preset: 'public_chat', name: 'Tea', topic: 'at five' })
      const query = { via: stage.fromServer.serverName }
      const path = `${V1}/room_summary/${encodeURIComponent(room)}`
      await eventually('the summary', async () =>
        expect(await stage.to.call('GET', path, { query })).toMatchObject({
          room_id: room,
          ...{ name: 'Tea', topic: 'at five', join_rule: 'public', num_joined_members: 1 },
          membership: 'leave',
        }),
      )
    },
  },
  {
    name: 'Person found by name',
    async run(outer) {
      const stage = await outer.withNewPeople()
      const { from, to } = stage
      const name = `Nora ${word()}`
      await from.call('PUT', `${CLIENT}/profile/${encodeURIComponent(from.userId)}/displayname`, {
        body: { displayname: name },
      })
      // Of a room that is not public, Synapse learns the name a minute later.
      await stage.room({ preset: 'public_chat' })
      await eventually('the person', async () => {
        const body = { search_term: name.toLowerCase() }
        const answer = await to.call<{ results: object[] }>('POST', `${CLIENT}/user_directory/search`, {
          body,
        })
        expect(answer.results).toMatchObject([{ user_id: from.userId, display_name: name }])
      })
    },
  },
  {
    name: 'Room for the members of a space: they join, others do not',
    async run(stage) {
      const { from, to, fromServer } = stage
      const space = await makeSpace(stage, [], 'Club')
      const allow = [{ type: 'm.room_membership', room_id: space }]
      const room = await from.createRoom({ name: 'Members', ...rule('restricted', { allow }) })
      await expect(to.join(room, fromServer.serverName)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
      await to.join(space, fromServer.serverName)
      await eventually('the way in', async () => await to.join(room, fromServer.serverName))
      await from.waitFor('the join', () => membershipAt(stage, room) === 'join')
      await stage.sent(room, { msgtype: 'm.text', body: 'welcome' })
    },
  },
  {
    name: 'Room for the members of a space, or to ask for: both ways in',
    async run(outer) {
      const stage = await outer.withNewPeople()
      const { from, to, fromServer } = stage
      const space = await makeSpace(stage, [], 'Club')
      const allow = [{ type: 'm.room_membership', room_id: space }]
      const room = await from.createRoom({ name: 'Both', ...rule('knock_restricted', { allow }) })
      await knock(stage, room)
      await to.join(space, fromServer.serverName)
      await eventually('the way in', async () => await to.join(room, fromServer.serverName))
      await from.waitFor('the join', () => membershipAt(stage, room) === 'join')
    },
  },
  {
    name: 'Join through the second of the servers named, as the first is away',
    async run(stage) {
      const { from, to, fromServer } = stage
      const room = await from.createRoom({ preset: 'public_chat' })
      const vias = ['via', 'server_name'].flatMap((name) =>
        ['127.0.0.1:1', fromServer.serverName].map((server) => `${name}=${encodeURIComponent(server)}`),
      )
      await to.call('POST', `${CLIENT}/join/${encodeURIComponent(room)}?${vias.join('&')}`, { body: {} })
      await from.waitFor('the join', () => membershipAt(stage, room) === 'join')
    },
  },
  {
    name: 'Knock refused',
    absent: { 'Hearth to Synapse': NOT_REFUSED, 'Synapse to Hearth': NOT_REFUSED },
    async run(stage) {
      const room = await stage.from.createRoom(rule('knock'))
      await knock(stage, room)
      const body = { user_id: stage.to.userId, reason: 'not now' }
      await stage.from.call('POST', `${roomPath(room)}/kick`, { body })
      await stage.to.waitFor('the refusal', () => {
        const member = stage.to.room(room).stateContent('m.room.member', stage.to.userId)
        return member?.['membership'] === 'leave' && member['reason'] === 'not now'
      })
    },
  },
  {
    name: 'Knock taken back',
    absent: { 'Hearth to Synapse': KNOCK_ENDS_HERE },
    async run(stage) {
      const room = await stage.from.createRoom(rule('knock'))
      await knock(stage, room)
      await stage.to.leave(room)
      await stage.from.waitFor('no knock any more', () => membershipAt(stage, room) === 'leave')
    },
  },
  {
    name: 'Upgrade takes the roles along, and moves the address',
    async run(stage) {
      const { from, to, fromServer } = stage
      const room_alias_name = word()
      const alias = `#${room_alias_name}:${fromServer.serverName}`
      const power_level_content_override = { users: { [from.userId]: 100, [to.userId]: 50 } }
      const version = { room_version: '10', name: 'Square' }
      const room = await stage.room({ room_alias_name, power_level_content_override, ...version })
      const answer = await from.call<{ replacement_room: string }>('POST', `${roomPath(room)}/upgrade`, {
        body: { new_version: '11' },
      })
      const next = answer.replacement_room
      await from.invite(next, to.userId)
      await to.waitFor('the invite', () => to.room(next).membership === 'invite')
      await to.join(next)
      await to.waitFor('the new room', () => to.room(next).stateContent('m.room.name')?.['name'] === 'Square')
      const state = to.room(next)
      expect(state.stateContent('m.room.create')?.['predecessor']).toMatchObject({ room_id: room })
      expect(state.stateContent('m.room.power_levels')?.['users']).toMatchObject({ [to.userId]: 50 })
      const found = await to.call('GET', `${CLIENT}/directory/room/${encodeURIComponent(alias)}`)
      expect(found['room_id']).toBe(next)
    },
  },
  {
    name: 'Upgrade names a second creator (version 12)',
    async run(stage) {
      const { from, to } = stage
      const room = await stage.room({ room_version: '11' })
      const answer = await from.call<{ replacement_room: string }>('POST', `${roomPath(room)}/upgrade`, {
        body: { new_version: '12', additional_creators: [to.userId] },
      })
      const next = answer.replacement_room
      await from.invite(next, to.userId)
      await to.waitFor('the invite', () => to.room(next).membership === 'invite')
      await to.join(next)
      // What only the mightiest may do.
      const levels = await to.call<object>('GET', `${roomPath(next)}/state/m.room.power_levels/`)
      await stage.shown(next, await to.setState(next, 'm.room.power_levels', { ...levels, ban: 100 }), from)
    },
  },
  {
    name: 'Second creator of a room (version 12)',
    async run(stage) {
      const { from, to } = stage
      const creation_content = { additional_creators: [to.userId] }
      const room = await stage.room({ room_version: '12', creation_content })
      const levels = await to.call<object>('GET', `${roomPath(room)}/state/m.room.power_levels/`)
      const content = { ...levels, users: { [from.userId]: undefined } }
      await stage.shown(
        room,
        await to.setState(room, 'm.room.power_levels', { ...content, invite: 100 }),
        from,
      )
    },
  },
  {
    name: 'Invite declined while the other server is away',
    alone: true,
    async run(stage) {
      const { from, to, fromServer } = stage
      const room = await from.createRoom({ preset: 'private_chat', invite: [to.userId] })
      await to.waitFor('the invite', () => to.room(room).membership === 'invite')
      await fromServer.stop()
      try {
        await to.leave(room)
        await to.waitFor('the own leave', () => to.room(room).membership === 'leave')
      } finally {
        await fromServer.start()
      }
    },
  },
  {
    name: '… and the other server learns of it when it is back',
    alone: true,
    absent: { 'Hearth to Synapse': NOT_TOLD },
    async run(stage) {
      const { from, to, fromServer } = stage
      const room = await from.createRoom({ preset: 'private_chat', invite: [to.userId] })
      await to.waitFor('the invite', () => to.room(room).membership === 'invite')
      await fromServer.stop()
      try {
        await to.leave(room)
      } finally {
        await fromServer.start()
      }
      await from.waitFor('the refusal', () => membershipAt(stage, room) === 'leave', 30_000)
    },
  },
]
