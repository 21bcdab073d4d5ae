import { MatrixUser } from '../harness/process/matrix-user.ts'
import type { ClientEvent } from '../harness/process/sync-view.ts'
import type { BenchServer } from './measure.ts'
import { inParallel } from './parallel.ts'
import type { Row } from './rows.ts'
import { longestStall } from './stalls.ts'

const PAGE = 100

interface Page {
  readonly chunk: ClientEvent[]
  readonly end?: string
}

/**
 * Somebody joins a room of another server and pages back to its beginning, page after page as a reader who
 * scrolls without pause. What they get must be every message, once.
 */
export async function benchScrollBack(
  name: string,
  one: BenchServer,
  two: BenchServer,
  messages: number,
  say: (text: string) => void,
): Promise<Row[]> {
  const alice = await MatrixUser.register(one, 'scroll-alice')
  const bob = await MatrixUser.register(two, 'scroll-bob')
  try {
    say(`a room of ${messages} messages`)
    const room = await alice.createRoom({ preset: 'public_chat' })
    const ids = await inParallel(messages, async (n) => await alice.say(room, `message ${n}`))
    await bob.join(room, one.serverName)
    say('paging back to its beginning')
    const since = Date.now()
    const { seen, ms, pages } = await pageBack(bob, room)
    const missing = ids.filter((id) => !seen.has(id)).length
    return [
      {
        label: `Scroll back ${messages} messages of another server`,
        goal: '1500/s',
        values: { [name]: `${Math.round(messages / (ms / 1000))}/s` },
      },
      {
        label: '… slowest page of 100',
        goal: '',
        values: { [name]: `${Math.round(Math.max(...pages))} ms` },
      },
      { label: '… messages never reached', goal: '0', values: { [name]: String(missing) } },
      {
        label: '… longest stall of who scrolls',
        goal: '50 ms',
        values: { [name]: longestStall(two, since) },
      },
    ]
  } finally {
    await Promise.all([alice.close(), bob.close()])
  }
}

/** To where the server says that there is no more; how long each page took. */
export async function pageBack(
  user: MatrixUser,
  room: string,
): Promise<{ seen: Map<string, number>; ms: number; pages: number[] }> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages`
  const seen = new Map<string, number>()
  const pages: number[] = []
  const startedAt = performance.now()
  for (let from: string | undefined; ;) {
    const askedAt = performance.now()
    const page = await user.call<Page>('GET', path, {
      query: { dir: 'b', limit: PAGE, from },
      timeoutMs: 120_000,
    })
    pages.push(performance.now() - askedAt)
    for (const event of page.chunk) seen.set(event.event_id, (seen.get(event.event_id) ?? 0) + 1)
    if (page.end === undefined || page.end === from) break
    from = page.end
  }
  const repeated = [...seen.values()].filter((times) => times > 1).length
  if (repeated > 0) throw new Error(`${repeated} events were given twice`)
  return { seen, ms: performance.now() - startedAt, pages }
}
