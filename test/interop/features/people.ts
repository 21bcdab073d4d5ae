import { expect } from 'vitest'
import { download, upload } from '../../harness/process/media.ts'
import type { Feature } from './feature.ts'
import { makePng } from './png.ts'
import { CLIENT, eventually, roomPath, type Stage } from './stage.ts'

const profilePath = (userId: string, field = '') =>
  `${CLIENT}/profile/${encodeURIComponent(userId)}${field && `/${field}`}`

async function setPresence({ from }: Stage, presence: string, status: string): Promise<void> {
  const path = `${CLIENT}/presence/${encodeURIComponent(from.userId)}/status`
  // A `/sync` that was just given up may still reach the server afterwards, and says "online".
  await eventually(`being ${presence}`, async () => {
    await from.call('PUT', path, { body: { presence, status_msg: status } })
    expect((await from.call('GET', path))['presence']).toBe(presence)
  })
}

const membershipAt = (stage: Stage, room: string) => stage.from.room(room).membershipOf(stage.to.userId)

async function moderate(stage: Stage, room: string, verb: string): Promise<void> {
  const body = { user_id: stage.to.userId, reason: 'for a test' }
  await stage.from.call('POST', `${roomPath(room)}/${verb}`, { body })
}

export const people: Feature[] = [
  {
    name: 'Presence and status text',
    async run(outer) {
      const stage = await outer.withNewPeople()
      const { from, to } = stage
      await stage.room()
      await from.stopSync()
      await setPresence(stage, 'unavailable', 'at lunch')
      // Servers tell of presence seldom and together.
      const patience = 30_000
      const seen = (presence: string, status: string) => () => {
        const told = to.presence.get(from.userId)
        return told?.['presence'] === presence && told['status_msg'] === status
      }
      await to.waitFor('the presence', seen('unavailable', 'at lunch'), patience)
      await setPresence(stage, 'online', 'back')
      await to.waitFor('the new presence', seen('online', 'back'), patience)
    },
  },
  {
    name: 'Display name changed',
    async run(outer) {
      const stage = await outer.withNewPeople()
      const { from, to } = stage
      const room = await stage.room()
      await from.call('PUT', profilePath(from.userId, 'displayname'), { body: { displayname: 'Frida 🌻' } })
      await to.waitFor('the name in the room', () => {
        const member = to.room(room).stateContent('m.room.member', from.userId)
        return member?.['displayname'] === 'Frida 🌻' && member['membership'] === 'join'
      })
    },
  },
  {
    name: 'Avatar changed, and its picture',
    async run(outer) {
      const stage = await outer.withNewPeople()
      const { from, to } = stage
      const room = await stage.room()
      const picture = makePng(64, 64)
      const avatar_url = await upload(from, picture, 'image/png', 'me.png')
      await from.call('PUT', profilePath(from.userId, 'avatar_url'), { body: { avatar_url } })
      await to.waitFor(
        'the avatar in the room',
        () => to.room(room).stateContent('m.room.member', from.userId)?.['avatar_url'] === avatar_url,
      )
      expect((await download(to, avatar_url)).body.equals(picture)).toBe(true)
    },
  },
  {
    name: 'Profile of somebody one has no room with',
    async run(outer) {
      const stage = await outer.withNewPeople()
      const { from, to } = stage
      const avatar_url = await upload(from, makePng(8, 8), 'image/png', 'me.png')
      await from.call('PUT', profilePath(from.userId, 'displayname'), { body: { displayname: 'Stranger' } })
      await from.call('PUT', profilePath(from.userId, 'avatar_url'), { body: { avatar_url } })
      const profile = await to.call('GET', profilePath(from.userId))
      expect(profile).toMatchObject({ displayname: 'Stranger', avatar_url })
    },
  },
  {
    name: 'Direct message',
    async run(stage) {
      const { from, to } = stage
      const body = { preset: 'trusted_private_chat', is_direct: true, invite: [to.userId] }
      const room = await from.createRoom(body)
      await to.waitFor('the invite', () => to.room(room).membership === 'invite')
      const invite = to.room(room).inviteState.find((event) => event.state_key === to.userId)
      expect(invite?.content).toMatchObject({ membership: 'invite', is_direct: true })
      await to.join(room)
      await from.waitFor('the join', () => membershipAt(stage, room) === 'join')
      await stage.sent(room, { msgtype: 'm.text', body: 'just us' })
      const unread = () => to.room(room).unread.notification_count === 1
      await to.waitFor('one unread', unread)
    },
  },
  {
    name: 'Invite, with the room’s name and who invites',
    async run(stage) {
      const { from, to } = stage
      const room = await from.createRoom({ preset: 'private_chat', name: 'The garden' })
      await from.invite(room, to.userId)
      await to.waitFor('the invite', () => to.room(room).membership === 'invite')
      const told = to.room(room).inviteState
      expect(told.find((event) => event.type === 'm.room.name')?.content).toEqual({ name: 'The garden' })
      expect(told.find((event) => event.state_key === to.userId)?.sender).toBe(from.userId)
    },
  },
  {
    name: 'Invite declined',
    async run(stage) {
      const { from, to } = stage
      const room = await from.createRoom({ preset: 'private_chat', invite: [to.userId] })
      await to.waitFor('the invite', () => to.room(room).membership === 'invite')
      await to.leave(room)
      await from.waitFor('the refusal', () => membershipAt(stage, room) === 'leave')
      await to.waitFor('the own leave', () => to.room(room).membership === 'leave')
    },
  },
  {
    name: 'Invite taken back',
    async run(stage) {
      const { from, to } = stage
      const room = await from.createRoom({ preset: 'private_chat', invite: [to.userId] })
      await to.waitFor('the invite', () => to.room(room).membership === 'invite')
      await moderate(stage, room, 'kick')
      await to.waitFor('no invite any more', () => to.room(room).membership === 'leave')
    },
  },
  {
    name: 'Leave',
    async run(stage) {
      const { from, to } = stage
      const room = await stage.room()
      await from.leave(room)
      await to.waitFor('the leave', () => to.room(room).membershipOf(from.userId) === 'leave')
    },
  },
  {
    name: 'Remove from the room, with the reason',
    async run(stage) {
      const { to } = stage
      const room = await stage.room()
      await moderate(stage, room, 'kick')
      await to.waitFor('the kick', () => to.room(room).membership === 'leave')
      const member = to.room(room).stateContent('m.room.member', to.userId)
      expect(member).toMatchObject({ membership: 'leave', reason: 'for a test' })
    },
  },
  {
    name: 'Ban, no way back, and unban',
    async run(stage) {
      const { from, to } = stage
      const room = await stage.room({ preset: 'public_chat' })
      await moderate(stage, room, 'ban')
      await to.waitFor('the ban', () => to.room(room).membership === 'leave')
      await expect(to.join(room, stage.fromServer.serverName)).rejects.toMatchObject({
        errcode: 'M_FORBIDDEN',
      })
      await moderate(stage, room, 'unban')
      await eventually('the way back', async () => await to.join(room, stage.fromServer.serverName))
      await from.waitFor('the return', () => membershipAt(stage, room) === 'join')
    },
  },
  {
    name: 'Knock, and let in',
    async run(stage) {
      const { from, to } = stage
      const rule = { type: 'm.room.join_rules', state_key: '', content: { join_rule: 'knock' } }
      const room = await from.createRoom({ initial_state: [rule] })
      const via = stage.fromServer.serverName
      const query = { via, server_name: via }
      await to.call('POST', `${CLIENT}/knock/${encodeURIComponent(room)}`, { body: {}, query })
      await from.waitFor('the knock', () => membershipAt(stage, room) === 'knock')
      await from.invite(room, to.userId)
      await to.waitFor('the invite', () => to.room(room).membership === 'invite')
      await to.join(room, via)
      await from.waitFor('the join', () => membershipAt(stage, room) === 'join')
    },
  },
]
