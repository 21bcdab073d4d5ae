import { expect } from 'vitest'
import type { ClientEvent } from '../../harness/process/sync-view.ts'
import type { Feature } from './feature.ts'
import { eventually, gathered, relationsOf, roomPath, type Stage } from './stage.ts'

const inThread = (root: string, body: string) => ({
  msgtype: 'm.text',
  body,
  'm.relates_to': {
    rel_type: 'm.thread',
    event_id: root,
    is_falling_back: true,
    'm.in_reply_to': { event_id: root },
  },
})

async function withThread(stage: Stage): Promise<{ room: string; root: string; last: string }> {
  const room = await stage.room()
  const root = await stage.to.say(room, 'let us talk about this')
  await stage.shown(room, root, stage.from)
  await stage.sent(room, inThread(root, 'first'))
  const last = await stage.sent(room, inThread(root, 'second'))
  return { room, root, last: last.event_id }
}

async function threadsOf(stage: Stage, room: string, include: string): Promise<ClientEvent[]> {
  const path = `/_matrix/client/v1/rooms/${encodeURIComponent(room)}/threads`
  return (await stage.to.call<{ chunk: ClientEvent[] }>('GET', path, { query: { include } })).chunk
}

const count = ({ to }: Stage, room: string, root: string) =>
  to.room(room).unreadThreads[root]?.notification_count ?? 0

export const threads: Feature[] = [
  {
    name: 'Thread: replies, their count and the last one',
    async run(stage) {
      const { room, root, last } = await withThread(stage)
      const summary = gathered(await stage.to.event(room, root), 'm.thread')
      expect(summary).toMatchObject({ count: 2, latest_event: { event_id: last } })
      const replies = await relationsOf(stage.to, room, root, 'm.thread')
      expect(replies.map((event) => event.content['body'])).toEqual(['second', 'first'])
    },
  },
  {
    name: 'List of threads, all and one’s own',
    async run(stage) {
      const { room, root } = await withThread(stage)
      const other = await stage.sent(room, { msgtype: 'm.text', body: 'another matter' })
      await stage.sent(room, inThread(other.event_id, 'nobody answers'))
      const listed = async (include: string) =>
        (await threadsOf(stage, room, include)).map((event) => event.event_id)
      expect(await listed('all')).toEqual([other.event_id, root])
      // The root is `to`'s own message, which is taking part; in the other thread `to` said nothing.
      expect(await listed('participated')).toEqual([root])
    },
  },
  {
    name: 'Unread count of a thread',
    async run(stage) {
      const { to } = stage
      const { room, root } = await withThread(stage)
      await to.waitFor('two unread in the thread', () => count(stage, room, root) === 2)
      expect(to.room(room).unread.notification_count ?? 0).toBe(0)
    },
  },
  {
    name: 'Reading a thread (threaded receipt)',
    async run(stage) {
      const { from, to } = stage
      const { room, root, last } = await withThread(stage)
      await to.waitFor('unread in the thread', () => count(stage, room, root) === 2)
      // The other side of the same: what `to` reads is told to `from`, and what `from` reads to `to`.
      const read = async (reader: typeof from, id: string) =>
        await reader.call('POST', `${roomPath(room)}/receipt/m.read/${encodeURIComponent(id)}`, {
          body: { thread_id: root },
        })
      await read(to, last)
      await to.waitFor('nothing unread in the thread', () => count(stage, room, root) === 0)
      const answer = await to.sendEvent(room, 'm.room.message', inThread(root, 'third'))
      await stage.shown(room, answer, from)
      await read(from, answer)
      await to.waitFor('the receipt of the thread', () =>
        to
          .room(room)
          .receipts.some(
            (one) => one.userId === from.userId && one.eventId === answer && one.threadId === root,
          ),
      )
    },
  },
  {
    name: 'Deleting a reply corrects the count of its thread',
    async run(stage) {
      const { room, root, last } = await withThread(stage)
      await stage.from.redact(room, last)
      await eventually('one reply', async () => {
        const summary = gathered(await stage.to.event(room, root), 'm.thread')
        expect(summary).toMatchObject({ count: 1, latest_event: { content: { body: 'first' } } })
      })
    },
  },
]
