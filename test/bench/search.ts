import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { CertificateAuthority } from '../harness/process/certificates.ts'
import { startDomainHearth } from '../harness/process/hearth.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { quantile } from './measure.ts'
import { writeMessages, type Written } from './message-store.ts'
import type { Row } from './rows.ts'

const ROOMS = 200
const GOAL = '100 ms'

interface Hits {
  search_categories: { room_events: { count: number; results: unknown[] } }
}

/**
 * POST /search over HTTP, with context, as the app asks it, in a node with so many messages in 200 rooms.
 * Synapse is not beside it: its search needs PostgreSQL.
 */
export async function benchSearch(
  certificates: CertificateAuthority,
  messages: number,
  repeat: number,
  say: (text: string) => void,
): Promise<Row[]> {
  const node = await startDomainHearth(certificates)
  try {
    const alice = await MatrixUser.register(node, 'alice')
    const rooms: string[] = []
    for (let n = 0; n < ROOMS; n++) rooms.push(await alice.createRoom())
    await node.stop()
    say(`writing ${messages} messages`)
    const written = writeMessages(node.dataDir, node.serverName, rooms, messages)
    say(`written in ${Math.round(written.seconds)} s`)
    await node.start()
    const size = statSync(join(node.dataDir, 'hearth.db')).size
    const rows: Row[] = []
    for (const [label, body] of queries(written, rooms)) {
      say(label)
      const times: number[] = []
      let count = 0
      for (let n = 0; n < repeat; n++) {
        const startedAt = performance.now()
        const answer = await alice.call<Hits>('POST', '/_matrix/client/v3/search', { body: body(n) })
        times.push(performance.now() - startedAt)
        count = Math.max(count, answer.search_categories.room_events.count)
      }
      const shown = `${quantile(times, 0.5).toFixed(1)} / ${quantile(times, 0.95).toFixed(1)} ms`
      rows.push({
        label: `Search ${messages} messages: ${label} (up to ${count} hits), p50 / p95`,
        goal: GOAL,
        values: { hearth: shown },
      })
    }
    rows.push({
      label: `… the database with its index`,
      goal: '',
      values: { hearth: `${Math.round(size / 1e6)} MB` },
    })
    return rows
  } finally {
    await node.stop()
  }
}

function queries(
  { words, senders, firstTs, lastTs }: Written,
  rooms: readonly string[],
): [label: string, body: (n: number) => object][] {
  const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T
  const body = (term: string, filter: object = {}, order = 'recent'): object => ({
    search_categories: {
      room_events: {
        search_term: term,
        order_by: order,
        filter: { limit: 20, ...filter },
        event_context: { before_limit: 1, after_limit: 1 },
      },
    },
  })
  const frequent = words.slice(0, 20)
  const middle = words.slice(500, 1_500)
  const rare = words.slice(15_000, 19_000)
  const week = 7 * 86_400_000
  return [
    ['frequent words', (n) => body(pick(frequent, n))],
    ['rare words', (n) => body(pick(rare, n * 37))],
    ['two words', (n) => body(`${pick(frequent, n)} ${pick(middle, n * 13)}`)],
    ['beginnings of words', (n) => body(pick(middle, n * 7).slice(0, 1 + (n % 4)))],
    ['a phrase', (n) => body(`"${pick(frequent, n)} ${pick(frequent, n + 1)}"`)],
    ['in one room', (n) => body(pick(frequent, n), { rooms: [pick(rooms, n * 11)] })],
    ['by one person', (n) => body(pick(frequent, n), { senders: [pick(senders, n)] })],
    [
      'in one week',
      (n) => {
        const from = firstTs + ((lastTs - firstTs - week) * (n % 50)) / 50
        return body(pick(frequent, n), {
          'dev.hearth.from_ts': Math.floor(from),
          'dev.hearth.to_ts': Math.floor(from + week),
        })
      },
    ],
    ['closest first', (n) => body(`${pick(frequent, n)} ${pick(middle, n * 13)}`, {}, 'rank')],
  ]
}
