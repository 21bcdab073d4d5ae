import { expect } from 'vitest'
import { download, upload } from '../../harness/process/media.ts'
import type { Feature } from './feature.ts'
import { makePng } from './png.ts'
import { eventually, roomPath, type Stage } from './stage.ts'

/** A change of the room by `from` is seen by `to`. */
const changes = (type: string, content: object) => async (stage: Stage) => {
  const room = await stage.room()
  const id = await stage.from.setState(room, type, content)
  await stage.shown(room, id)
  expect(stage.to.room(room).stateContent(type)).toEqual(content)
}

async function enter(stage: Stage, room: string): Promise<void> {
  await stage.to.join(room, stage.fromServer.serverName)
  await stage.to.waitFor('the room', () => stage.to.room(room).membership === 'join')
}

const numbered = (count: number, what: string) => Array.from({ length: count }, (_, n) => `${what} ${n}`)

export const rooms: Feature[] = [
  { name: 'Room name', run: changes('m.room.name', { name: 'Kitchen 🍞' }) },
  { name: 'Room topic', run: changes('m.room.topic', { topic: 'bread and more' }) },
  {
    name: 'Room picture',
    async run(stage) {
      const picture = makePng(32, 32)
      const url = await upload(stage.from, picture, 'image/png', 'room.png')
      await changes('m.room.avatar', { url })(stage)
      expect((await download(stage.to, url)).body.equals(picture)).toBe(true)
    },
  },
  {
    name: 'Pinned message',
    async run(stage) {
      const room = await stage.room()
      const { event_id } = await stage.sent(room, { msgtype: 'm.text', body: 'the door code' })
      const id = await stage.from.setState(room, 'm.room.pinned_events', { pinned: [event_id] })
      await stage.shown(room, id)
      expect(stage.to.room(room).stateContent('m.room.pinned_events')).toEqual({ pinned: [event_id] })
    },
  },
  {
    name: 'Roles: who was promoted may, others may not',
    async run(stage) {
      const { from, to } = stage
      const room = await stage.room()
      const setTopic = async () => await to.setState(room, 'm.room.topic', { topic: 'from the promoted' })
      await expect(setTopic()).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
      const path = `${roomPath(room)}/state/m.room.power_levels/`
      const levels = await from.call<{ users?: object }>('GET', path)
      const users = { ...levels.users, [to.userId]: 50 }
      await stage.shown(room, await from.setState(room, 'm.room.power_levels', { ...levels, users }))
      await stage.shown(room, await setTopic(), from)
    },
  },
  {
    name: 'Join by address',
    async run(stage) {
      const room_alias_name = `square${Date.now()}`
      const room = await stage.from.createRoom({ preset: 'public_chat', room_alias_name })
      expect(await stage.to.join(`#${room_alias_name}:${stage.fromServer.serverName}`)).toBe(room)
    },
  },
  {
    name: 'Upgraded room, followed',
    async run(stage) {
      const { from, to } = stage
      const room = await stage.room({ preset: 'public_chat', room_version: '10' })
      const answer = await from.call<{ replacement_room: string }>('POST', `${roomPath(room)}/upgrade`, {
        body: { new_version: '11' },
      })
      await to.waitFor(
        'the tombstone',
        () =>
          to.room(room).stateContent('m.room.tombstone')?.['replacement_room'] === answer.replacement_room,
      )
      await enter(stage, answer.replacement_room)
    },
  },
  {
    name: 'History for who joins later',
    async run(stage) {
      const texts = numbered(60, 'old message')
      const { room } = await stage.publicRoom(texts)
      await enter(stage, room)
      await eventually('the whole history', async () => {
        const events = await stage.to.history(room)
        const bodies = events.filter((event) => event.type === 'm.room.message')
        expect(bodies.map((event) => event.content['body'])).toEqual(texts)
      })
    },
  },
  {
    name: 'What was said before stays hidden where the room says so',
    async run(stage) {
      const hidden = {
        type: 'm.room.history_visibility',
        state_key: '',
        content: { history_visibility: 'joined' },
      }
      const room = await stage.from.createRoom({ preset: 'public_chat', initial_state: [hidden] })
      await stage.from.say(room, 'not for later ears')
      await enter(stage, room)
      await stage.sent(room, { msgtype: 'm.text', body: 'welcome' })
      const read = JSON.stringify(await stage.to.history(room))
      expect(read).toContain('welcome')
      expect(read).not.toContain('not for later ears')
    },
  },
  {
    name: 'Messages while the other server is down',
    alone: true,
    async run(stage) {
      const { from, to } = stage
      const room = await stage.room()
      const texts = numbered(20, 'while you are away')
      await stage.toServer.stop()
      for (const text of texts) await from.say(room, text)
      await stage.toServer.start()
      await to.waitForText(room, texts.at(-1) ?? '', 60_000)
      expect(to.room(room).texts(from.userId)).toEqual(texts)
      expect(to.room(room).repeated).toEqual([])
    },
  },
]
