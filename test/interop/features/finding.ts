import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import type { ClientEvent } from '../../harness/process/sync-view.ts'
import type { Feature } from './feature.ts'
import { CLIENT, eventually, ONLY_AFTER_PAGING, roomPath, type Stage } from './stage.ts'

interface SearchAnswer {
  readonly search_categories: {
    readonly room_events: { readonly results?: { readonly result: ClientEvent }[] }
  }
}

async function search(stage: Stage, room: string, search_term: string): Promise<(string | undefined)[]> {
  const room_events = { search_term, filter: { rooms: [room] }, order_by: 'recent' }
  const body = { search_categories: { room_events } }
  const answer = await stage.to.call<SearchAnswer>('POST', `${CLIENT}/search`, { body })
  return (answer.search_categories.room_events.results ?? []).map((one) => one.result.event_id)
}

async function dayOf(stage: Stage, room: string, ts: number, dir: 'f' | 'b'): Promise<string> {
  const path = `/_matrix/client/v1/rooms/${encodeURIComponent(room)}/timestamp_to_event`
  return (await stage.to.call<{ event_id: string }>('GET', path, { query: { ts, dir } })).event_id
}

const text = (body: string) => ({ msgtype: 'm.text', body })

export const finding: Feature[] = [
  {
    name: 'Search',
    async run(stage) {
      const room = await stage.room()
      await stage.sent(room, text('apples and pears'))
      const wanted = await stage.sent(room, text('the wonderful zeppelin over town'))
      await eventually('the hit', async () => {
        expect(await search(stage, room, 'zeppelin')).toEqual([wanted.event_id])
      })
    },
  },
  {
    name: 'Search does not find what was deleted',
    async run(stage) {
      const room = await stage.room()
      const regretted = await stage.sent(room, text('the xylophone secret'))
      await eventually('the hit', async () => {
        expect(await search(stage, room, 'xylophone')).toEqual([regretted.event_id])
      })
      await stage.shown(room, await stage.from.redact(room, regretted.event_id))
      await eventually('no hit', async () => expect(await search(stage, room, 'xylophone')).toEqual([]))
    },
  },
  {
    name: 'Jump to a date',
    async run(stage) {
      const room = await stage.room()
      const first = await stage.sent(room, text('early'))
      // Timestamps are whole milliseconds, and the two must differ.
      await delay(20)
      const second = await stage.sent(room, text('late'))
      const between = second.origin_server_ts - 5
      expect(await dayOf(stage, room, between, 'f')).toBe(second.event_id)
      expect(await dayOf(stage, room, between, 'b')).toBe(first.event_id)
    },
  },
  {
    name: 'Jump to a date before one came',
    async run(stage) {
      const { room, ids } = await stage.publicRoom(['the first words'])
      await delay(20)
      for (let n = 0; n < 40; n++) await stage.from.say(room, `later ${n}`)
      await stage.to.join(room, stage.fromServer.serverName)
      const first = await stage.from.event(room, ids[0] ?? '')
      await eventually('the day', async () => {
        expect(await dayOf(stage, room, first.origin_server_ts + 10, 'b')).toBe(first.event_id)
      })
    },
  },
  {
    name: 'What was said around a message from before one came',
    absent: { 'Hearth to Synapse': ONLY_AFTER_PAGING },
    async run(stage) {
      const texts = Array.from({ length: 50 }, (_, n) => `line ${n}`)
      const { room, ids } = await stage.publicRoom(texts)
      await stage.to.join(room, stage.fromServer.serverName)
      await eventually('the context', async () => {
        const path = `${roomPath(room)}/context/${encodeURIComponent(ids[20] ?? '')}`
        const context = await stage.to.call<{
          event: ClientEvent
          events_before: ClientEvent[]
          events_after: ClientEvent[]
        }>('GET', path, { query: { limit: 6 } })
        expect(context.event.content['body']).toBe('line 20')
        const bodies = (events: ClientEvent[]) => events.map((event) => event.content['body'])
        expect(bodies(context.events_before)).toEqual(['line 19', 'line 18', 'line 17'])
        expect(bodies(context.events_after)).toEqual(['line 21', 'line 22', 'line 23'])
      })
    },
  },
]
