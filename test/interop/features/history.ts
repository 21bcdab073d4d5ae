import { expect } from 'vitest'
import type { ClientEvent } from '../../harness/process/sync-view.ts'
import type { Feature } from './feature.ts'
import { eventually, roomPath, type Stage } from './stage.ts'

interface Page {
  readonly chunk: ClientEvent[]
  readonly end?: string
}

/** The bodies of all messages that paging back in small pages gives, oldest first. */
async function scrolledBack(stage: Stage, room: string): Promise<unknown[]> {
  const bodies: unknown[] = []
  for (let from: string | undefined; ;) {
    const query = { dir: 'b', limit: 20, from }
    const page = await stage.to.call<Page>('GET', `${roomPath(room)}/messages`, { query })
    for (const event of page.chunk) if (event.type === 'm.room.message') bodies.push(event.content['body'])
    if (page.end === undefined || page.end === from) return bodies.toReversed()
    from = page.end
  }
}

export const history: Feature[] = [
  {
    name: 'Scrolling back to the beginning, each message once and in order',
    async run(stage) {
      const texts = Array.from({ length: 150 }, (_, n) => `page after page ${n}`)
      const { room } = await stage.publicRoom(texts)
      await stage.to.join(room, stage.fromServer.serverName)
      await eventually('all of it', async () => expect(await scrolledBack(stage, room)).toEqual(texts))
    },
  },
  {
    name: 'What was said while one was out of the room, once one is back',
    async run(stage) {
      const { room } = await stage.publicRoom(['before'])
      const via = stage.fromServer.serverName
      await stage.to.join(room, via)
      await stage.sent(room, { msgtype: 'm.text', body: 'together' })
      await stage.to.leave(room)
      await stage.from.waitFor('the leave', () => {
        const member = stage.from.room(room).state.get(`m.room.member\n${stage.to.userId}`)
        return member?.content['membership'] === 'leave'
      })
      const missed = Array.from({ length: 30 }, (_, n) => `missed ${n}`)
      for (const body of missed) await stage.from.say(room, body)
      await stage.to.join(room, via)
      await eventually('what was missed', async () => {
        expect(await scrolledBack(stage, room)).toEqual(['before', 'together', ...missed])
      })
    },
  },
]
