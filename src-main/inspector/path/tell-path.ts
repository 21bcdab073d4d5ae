import type { ServerName } from '../../core/types.ts'
import type { EventPathAnswer } from '../../federation/event-path.ts'
import type { StoredEvent } from '../../rooms/ports.ts'
import type { Findings } from './findings.ts'

const MAX_REASON = 300

/**
 * What another server is told of an event: when and how it came, what was decided, when clients first had it.
 * Of what is not kept here, only who sent it learns what became of it; undefined where there is nothing to say.
 */
export function tellPath(
  origin: ServerName,
  event: StoredEvent | undefined,
  isOwn: boolean,
  found: Findings,
  now: number,
): EventPathAnswer | undefined {
  const arrivals =
    event === undefined ? found.arrivals.filter(({ server }) => server === origin) : found.arrivals
  const verdicts =
    event === undefined ? found.verdicts.filter(({ server }) => server === origin) : found.verdicts
  const [arrival] = arrivals
  const verdict = verdicts.at(-1)
  if (event === undefined && arrival === undefined && verdict === undefined) return undefined
  const received: EventPathAnswer['received'] = isOwn
    ? { ts: whole(event?.receivedTs ?? now), how: 'own' }
    : arrival !== undefined
      ? { ts: whole(arrival.ts), how: arrival.how }
      : event !== undefined
        ? { ts: whole(event.receivedTs), how: 'unknown' }
        : verdict !== undefined
          ? { ts: whole(verdict.ts), how: 'unknown' }
          : undefined
  const state = event?.status ?? verdict?.state ?? 'waiting'
  const reason = event?.reason ?? verdict?.reason
  const [first] = found.synced
  return {
    now: whole(now),
    ...(received === undefined ? {} : { received }),
    verdict: {
      state,
      ...(verdict === undefined ? {} : { ts: whole(verdict.ts) }),
      ...(reason === undefined ? {} : { reason: reason.slice(0, MAX_REASON) }),
    },
    ...(first === undefined || event?.timelinePos === undefined ? {} : { visible_ts: whole(first.ts) }),
  }
}

const whole = (ms: number): number => Math.max(0, Math.round(ms))
