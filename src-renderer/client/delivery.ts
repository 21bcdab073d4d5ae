import { z } from 'zod'
import './zod-config.ts'
import { derived, type Derived } from './readable.ts'
import type { Delivery, Person, Readable, Session } from './types.ts'

const destination = z
  .object({
    server_name: z.string().max(255),
    state: z.enum(['waiting', 'delivered', 'refused', 'failed']),
    ts: z.number().optional().catch(undefined),
    error: z.string().max(500).optional().catch(undefined),
    denied: z.boolean().catch(false),
  })
  .transform((row): Omit<Delivery, 'people'> => ({
    serverName: row.server_name,
    state: row.state,
    ts: row.ts,
    error: row.error,
    denied: row.denied,
  }))
type Destination = z.infer<typeof destination>

const answerSchema = z.object({
  position: z.string().optional().catch(undefined),
  events: z.record(
    z.string(),
    z.object({
      destinations: z
        .array(z.unknown())
        .transform((rows) => rows.flatMap((row) => destination.safeParse(row).data ?? [])),
    }),
  ),
})

/** As many as the node tells of at once. */
const MOST_WATCHED = 100
const WAIT_MS = 30_000
const PAUSE_MS = 3_000
/** Many messages come to be looked at together. */
const GATHER_MS = 50

interface Watch {
  readonly roomId: string
  destinations: readonly Destination[] | undefined
  readonly value: Derived<readonly Delivery[] | undefined>
  lookers: number
}

/** Where own messages have arrived (`POST /_hearth/v1/delivery`), for those that somebody looks at. */
export function createDeliveries(
  session: Session,
  peopleOf: (roomId: string, serverName: string) => readonly Person[],
) {
  const watches = new Map<string, Watch>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking: AbortController | undefined
  let unavailable = false
  let stopped = false

  const isSettled = (watch: Watch): boolean =>
    (watch.destinations?.length ?? 0) > 0 &&
    watch.destinations?.every((each) => each.state !== 'waiting') === true

  /** The newest that are looked at and may change. */
  const open = (): string[] =>
    [...watches]
      .filter(([, watch]) => watch.lookers > 0 && !isSettled(watch))
      .map(([id]) => id)
      .slice(-MOST_WATCHED)

  function askAgain(ms: number): void {
    if (stopped || unavailable) return
    asking?.abort()
    clearTimeout(timer)
    timer = setTimeout(() => {
      asking = new AbortController()
      follow(asking.signal).catch((error: unknown) => {
        console.warn('What has been delivered could not be asked', error)
        askAgain(PAUSE_MS)
      })
    }, ms)
  }

  async function follow(signal: AbortSignal): Promise<void> {
    const ids = open()
    let since: string | undefined
    while (ids.length > 0 && !signal.aborted) {
      const response = await fetch(`${session.clientUrl}/_hearth/v1/delivery?timeout=${WAIT_MS}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${session.accessToken}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ event_ids: ids, ...(since === undefined ? {} : { since }) }),
        signal,
      }).catch((error: unknown) => {
        if (signal.aborted) return undefined
        throw error
      })
      if (response === undefined) return
      if (response.status === 404 || response.status === 405) {
        unavailable = true
        return
      }
      if (!response.ok) throw new Error(`The node answered ${response.status}`)
      const answer = answerSchema.parse(await response.json())
      for (const id of ids) take(id, answer.events[id]?.destinations)
      since = answer.position
      // Those that have settled need no asking any more.
      if (since === undefined || open().length !== ids.length) {
        askAgain(since === undefined ? PAUSE_MS : 0)
        return
      }
    }
  }

  function take(id: string, destinations: readonly Destination[] | undefined): void {
    const watch = watches.get(id)
    if (watch === undefined || JSON.stringify(watch.destinations) === JSON.stringify(destinations)) return
    watch.destinations = destinations
    watch.value.invalidate()
  }

  return {
    /** Undefined while it is not known (or the event is not one's own). */
    delivery: (roomId: string, eventId: string): Readable<readonly Delivery[] | undefined> => {
      let watch = watches.get(eventId)
      if (watch === undefined) {
        const fresh: Watch = {
          roomId,
          destinations: undefined,
          lookers: 0,
          value: derived(() =>
            fresh.destinations?.map((each) => ({
              ...each,
              people: peopleOf(roomId, each.serverName),
            })),
          ),
        }
        watch = fresh
        watches.set(eventId, watch)
      }
      const { value } = watch
      const looked = watch
      return {
        get: value.get,
        subscribe: (listener) => {
          const done = value.subscribe(listener)
          looked.lookers++
          if (looked.lookers === 1 && !isSettled(looked)) askAgain(GATHER_MS)
          let gone = false
          return () => {
            done()
            if (!gone) looked.lookers--
            gone = true
          }
        },
      }
    },
    /** The connection is back. */
    wake: (): void => askAgain(0),
    stop(): void {
      stopped = true
      clearTimeout(timer)
      asking?.abort()
    },
  }
}
