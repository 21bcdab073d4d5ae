import type { Tone } from '../../../ui/tag.tsx'
import type { Queue, QueueDetail, Retried } from './schema.ts'

/** "12 s", "4 min 30 s", "1 h 20 min": exact enough to be watched. */
export function countdownWords(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`
  return minutes % 60 === 0
    ? `${Math.floor(minutes / 60)} h`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export const waits = (queue: Pick<Queue, 'pdus' | 'edus'>): boolean => queue.pdus + queue.edus > 0

/** How a queue stands, in a few words; `leftMs` is until the next attempt, as it counts down. */
export function stateWords(queue: Queue, leftMs: number | undefined): { words: string; tone: Tone } {
  if (!queue.allowed) return { words: 'Not allowed', tone: 'neutral' }
  if (queue.sending) return { words: 'Sending…', tone: 'ok' }
  if (!waits(queue)) return { words: 'Nothing waits', tone: 'neutral' }
  if (queue.collects) return { words: 'It comes for it', tone: 'ok' }
  if (leftMs === undefined) return { words: 'Goes next', tone: 'ok' }
  if (leftMs <= 0) return { words: 'Trying…', tone: 'warn' }
  return {
    words: `Again in ${countdownWords(leftMs)}`,
    tone: queue.asks_to_wait ? 'warn' : 'danger',
  }
}

/** What happens next with what waits, in a sentence or two. */
export function nextWords(queue: Queue, leftMs: number | undefined): string {
  if (!queue.allowed)
    return 'The rules of this Hearth do not allow that server. What is for it is kept, and goes when the rules change.'
  if (queue.sending) return 'It is being sent at this moment.'
  if (!waits(queue)) return 'Nothing waits for that server.'
  if (queue.collects)
    return 'That server cannot be dialled from here. It has a connection to this Hearth and takes what waits by itself, within seconds.'
  if (leftMs === undefined) return 'It goes as soon as a connection is free.'
  if (leftMs <= 0) return 'It is being tried again.'
  const when = `in ${countdownWords(leftMs)}`
  if (queue.asks_to_wait)
    return `That server is there, and asked to be left alone for a moment. It is tried again ${when}.`
  const sooner =
    'or at once when that server is heard of: when it appears on the network, calls, or has a new address.'
  return `It is tried again ${when}, ${sooner}`
}

const EDUS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  'm.receipt': ['read receipt', 'read receipts'],
  'm.typing': ['typing notice', 'typing notices'],
  'm.presence': ['presence update', 'presence updates'],
  'm.direct_to_device': ['message to a device', 'messages to devices'],
  'm.device_list_update': ['device update', 'device updates'],
  'm.signing_key_update': ['key update', 'key updates'],
}

export function eduWords({ type, count }: QueueDetail['edus'][number]): string {
  const [one, many] = EDUS[type] ?? [type, `× ${type}`]
  return `${count.toLocaleString()} ${count === 1 ? one : many}`
}

export function roomWords({ events, kind }: Pick<QueueDetail['rooms'][number], 'events' | 'kind'>): string {
  const count = events === 1 ? '1 event' : `${events.toLocaleString()} events`
  if (kind === 'queued') return count
  if (kind === 'skipped') return `${count}; the newest go first, the rest it fetches itself`
  return `${count}; it was told of the newest, and fetches what it lacks`
}

/** What became of "retry now" for many at once. */
export function retriedWords(results: readonly Retried[]): string {
  if (results.length === 0) return 'Nothing waits for anybody.'
  const [only] = results
  if (results.length === 1 && only !== undefined) return only.words
  const count = (of: Retried['result']): number => results.filter((each) => each.result === of).length
  const parts = [
    [count('sent'), 'have everything now'],
    [count('sending'), 'are being sent to'],
    [count('failed'), 'still do not answer or take it'],
    [count('asked to wait'), 'asked to wait'],
    [count('denied'), 'are not allowed'],
  ] as const
  const said = parts.filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`)
  return said.length === 0 ? 'Nothing waits any more.' : `Of ${results.length} servers: ${said.join(', ')}.`
}
