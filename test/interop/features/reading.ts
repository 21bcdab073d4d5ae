import { expect } from 'vitest'
import type { MatrixUser } from '../../harness/process/matrix-user.ts'
import type { Feature } from './feature.ts'
import { roomPath, type, types, type Stage } from './stage.ts'

const text = (body: string, more: object = {}) => ({ msgtype: 'm.text', body, ...more })
const highlights = (user: MatrixUser, room: string) => user.room(room).unread.highlight_count ?? 0
const unread = (user: MatrixUser, room: string) => user.room(room).unread.notification_count ?? 0

async function receipt(user: MatrixUser, room: string, type: string, eventId: string): Promise<void> {
  await user.call('POST', `${roomPath(room)}/receipt/${type}/${encodeURIComponent(eventId)}`, { body: {} })
}

/** Something that `to` said and `from` can read. */
async function readable(stage: Stage, room: string, body: string): Promise<string> {
  const id = await stage.to.say(room, body)
  await stage.shown(room, id, stage.from)
  return id
}

const receiptsAt = (stage: Stage, room: string) =>
  stage.to.room(room).receipts.filter((one) => one.userId === stage.from.userId)

export const reading: Feature[] = [
  {
    name: 'Mention is counted and marked',
    async run(stage) {
      const { to } = stage
      const room = await stage.room()
      await stage.sent(room, text('nobody in particular', { 'm.mentions': {} }))
      await to.waitFor('one unread', () => unread(to, room) === 1)
      expect(highlights(to, room)).toBe(0)
      await stage.sent(room, text('look, you!', { 'm.mentions': { user_ids: [to.userId] } }))
      await to.waitFor('the mention', () => highlights(to, room) === 1 && unread(to, room) === 2)
    },
  },
  {
    name: '@room',
    async run(stage) {
      const { from, to } = stage
      const room = await stage.room()
      await stage.sent(room, text('@room fire drill', { 'm.mentions': { room: true } }))
      await to.waitFor('the mention', () => highlights(to, room) === 1)
      // Only who may notify the room does.
      const id = await to.sendEvent(
        room,
        'm.room.message',
        text('@room me too', { 'm.mentions': { room: true } }),
      )
      await stage.shown(room, id, from)
      expect(highlights(from, room)).toBe(0)
    },
  },
  {
    name: 'Unread counts, and none after reading',
    async run(stage) {
      const { to } = stage
      const room = await stage.room()
      await stage.sent(room, text('one'))
      await stage.sent(room, text('two'))
      const last = await stage.sent(room, text('three'))
      await to.waitFor('three unread', () => unread(to, room) === 3)
      await receipt(to, room, 'm.read', last.event_id)
      await to.waitFor('none unread', () => unread(to, room) === 0)
    },
  },
  {
    name: 'Unread count after a deletion',
    async run(stage) {
      const { to, from } = stage
      const room = await stage.room()
      await stage.sent(room, text('stays'))
      const regretted = await stage.sent(room, text('goes', { 'm.mentions': { user_ids: [to.userId] } }))
      await to.waitFor('two unread', () => unread(to, room) === 2 && highlights(to, room) === 1)
      await stage.shown(room, await from.redact(room, regretted.event_id))
      await to.waitFor('one unread', () => unread(to, room) === 1 && highlights(to, room) === 0)
    },
  },
  {
    name: 'An edit is not a new unread message',
    async run(stage) {
      const { to } = stage
      const room = await stage.room()
      const original = await stage.sent(room, text('teh'))
      await to.waitFor('one unread', () => unread(to, room) === 1)
      await stage.sent(
        room,
        text('* the', {
          'm.new_content': text('the'),
          'm.relates_to': { rel_type: 'm.replace', event_id: original.event_id },
        }),
      )
      await stage.sent(room, text('next'))
      await to.waitFor('two unread', () => unread(to, room) === 2)
    },
  },
  {
    name: 'Read receipt',
    async run(stage) {
      const room = await stage.room()
      const id = await readable(stage, room, 'read this')
      await receipt(stage.from, room, 'm.read', id)
      await stage.to.waitFor('the receipt', () =>
        receiptsAt(stage, room).some((one) => one.eventId === id && one.type === 'm.read'),
      )
    },
  },
  {
    name: 'Private receipt stays private, and counts',
    async run(stage) {
      const { from } = stage
      const room = await stage.room()
      const hidden = await readable(stage, room, 'read this quietly')
      await from.waitFor('one unread', () => unread(from, room) === 1)
      await receipt(from, room, 'm.read.private', hidden)
      await from.waitFor('none unread', () => unread(from, room) === 0)
      const open = await readable(stage, room, 'read this openly')
      await receipt(from, room, 'm.read', open)
      await stage.to.waitFor('the receipt', () => receiptsAt(stage, room).some((one) => one.eventId === open))
      expect(receiptsAt(stage, room).filter((one) => one.eventId === hidden)).toEqual([])
      expect(receiptsAt(stage, room).filter((one) => one.type !== 'm.read')).toEqual([])
    },
  },
  {
    name: 'Read marker',
    async run(stage) {
      const { from } = stage
      const room = await stage.room()
      const id = await readable(stage, room, 'up to here')
      await from.call('POST', `${roomPath(room)}/read_markers`, {
        body: { 'm.fully_read': id, 'm.read': id },
      })
      await from.waitFor(
        'the own marker',
        () => from.room(room).accountData.get('m.fully_read')?.['event_id'] === id,
      )
      await stage.to.waitFor('the receipt', () => receiptsAt(stage, room).some((one) => one.eventId === id))
    },
  },
  {
    name: 'Two devices of one person agree on what is read',
    async run(outer) {
      const stage = await outer.withNewPeople()
      const { to } = stage
      const other = await stage.secondDevice(to, stage.toServer)
      const room = await stage.room()
      await stage.sent(room, text('one'))
      const last = await stage.sent(room, text('two', { 'm.mentions': { user_ids: [to.userId] } }))
      for (const device of [to, other])
        await device.waitFor('two unread', () => unread(device, room) === 2 && highlights(device, room) === 1)
      await receipt(other, room, 'm.read', last.event_id)
      // Synapse wakes the other device at once, but with the place up to which all receipts are written: while one
      // of another room is still being written, it tells nothing, and this receipt only with what comes next.
      await stage.sent(room, text('three'))
      for (const device of [to, other])
        await device.waitFor(
          'only the last one unread',
          () => unread(device, room) === 1 && highlights(device, room) === 0,
        )
    },
  },
  {
    name: 'Typing, and no longer typing',
    async run(stage) {
      const { from, to } = stage
      const room = await stage.room()
      await type(from, room)
      await to.waitFor('typing', () => types(from, room, to))
      await type(from, room, false)
      await to.waitFor('no longer typing', () => !types(from, room, to))
    },
  },
]
