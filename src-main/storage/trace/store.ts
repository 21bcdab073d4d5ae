import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { IdRange, RecordStore } from '../../inspector/ports.ts'
import type { Clock } from '../../trace/clock.ts'
import { breathe } from '../../trace/turns.ts'
import { firstFreeId, idOf, Segments } from './segments.ts'

const kindNames = ['main', 'loud', 'strangers'] as const
type Kind = (typeof kindNames)[number]

export interface TraceStoreLimits {
  /** Of one file. */
  readonly bytes: number
  readonly files: Readonly<Record<Kind, number>>
  /** What the disk must have left: the room of the last megabytes belongs to messages. */
  readonly spare: number
}

const DEFAULTS: TraceStoreLimits = {
  bytes: 4 * 1024 * 1024,
  files: { main: 4, loud: 2, strangers: 2 },
  spare: 64 * 1024 * 1024,
}
const WRITE_EVERY_MS = 500
/** A disk that is slower than that is not waited for. */
const MAX_WAITING = 4 * 1024 * 1024
/** After a failure. */
const PAUSE_MS = 60_000
/** Ranges that are told apart. */
const MAX_LOST = 100

interface Batch {
  firstId: number
  lastId: number
  lines: Buffer[]
}

/**
 * The trace in the data folder, below `trace/`. It is written in batches and not synced: after a crash the last
 * moments may be missing. What strangers cause, and what one other server causes beyond half of a file, goes to
 * files of their own, so that a flood pushes out the flood.
 */
export function openTraceStore(dataDir: string, clock: Clock, limits = DEFAULTS): RecordStore {
  const dir = join(dataDir, 'trace')
  const open = (kind: Kind): Segments =>
    new Segments(dir, kind, { files: limits.files[kind], bytes: limits.bytes })
  const kinds = { main: open('main'), loud: open('loud'), strangers: open('strangers') }
  const all = Object.values(kinds)
  const inOrder = all.every(({ endedInOrder }) => endedInOrder)
  const firstFree = firstFreeId(all)
  const lost: IdRange[] = []
  if (!inOrder) lose(Math.max(...all.map(({ lastId }) => lastId)) + 1, firstFree - 1)
  let waiting = nothing()
  let waitingBytes = 0
  let cancelTimer: (() => void) | undefined
  let problem: string | undefined
  let pausedUntil = -Infinity
  /** Who has how much of the file that is written now. */
  const shares = new Map<string, number>()
  let sharesOf = -1
  let writing: Promise<void> = mark('start')

  /** Ranges that follow each other are one. */
  function lose(from: number, to: number): void {
    const last = lost.at(-1)
    if (last !== undefined && last.to + 1 >= from) lost.splice(-1, 1, { from: last.from, to })
    else lost.push({ from, to })
    if (lost.length > MAX_LOST) lost.splice(0, 2, { from: lost[0]?.from ?? 0, to: lost[1]?.to ?? 0 })
  }

  async function mark(word: 'start' | 'end'): Promise<void> {
    const line = JSON.stringify({ [word]: clock.now() })
    await Promise.all(all.map((kind) => kind.mark(line))).catch(fail)
  }

  function fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC'
    problem = full
      ? 'The disk is full: the trace is only kept in memory.'
      : `The trace cannot be written, and is only kept in memory: ${reason}`
    pausedUntil = clock.monotonic() + PAUSE_MS
  }

  function kindOf(lane: string, bytes: number): Kind {
    if (lane === 'strangers') return lane
    const current = kinds.main.current?.firstId ?? 0
    if (current !== sharesOf) {
      shares.clear()
      sharesOf = current
    }
    const share = (shares.get(lane) ?? 0) + bytes
    if (share > limits.bytes / 2) return 'loud'
    shares.set(lane, share)
    return 'main'
  }

  async function write(): Promise<void> {
    const batches = waiting
    waiting = nothing()
    waitingBytes = 0
    const given = Object.values(batches).filter(({ lines }) => lines.length > 0)
    if (given.length === 0) return
    const failed = (): void =>
      lose(Math.min(...given.map(({ firstId }) => firstId)), Math.max(...given.map(({ lastId }) => lastId)))
    try {
      const { bavail, bsize } = await statfs(dir)
      if (bavail * bsize < limits.spare) {
        failed()
        problem = 'The disk is nearly full: the trace is only kept in memory.'
        pausedUntil = clock.monotonic() + PAUSE_MS
        return
      }
      for (const kind of kindNames) {
        const { firstId, lines } = batches[kind]
        if (lines.length > 0) await kinds[kind].append(firstId, lines)
      }
      problem = undefined
    } catch (error) {
      failed()
      fail(error)
    }
  }

  function flush(): Promise<void> {
    cancelTimer?.()
    cancelTimer = undefined
    writing = writing.then(write)
    return writing
  }

  return {
    firstFree,
    lost() {
      const dropped = Math.max(...all.map(({ droppedUpTo }) => droppedUpTo))
      return dropped > 0 ? [{ from: 1, to: dropped }, ...lost] : lost
    },
    problem: () => problem,
    append(id, lane, json) {
      if (clock.monotonic() < pausedUntil || waitingBytes > MAX_WAITING) {
        lose(id, id)
        return
      }
      const batch = waiting[kindOf(lane, json.length)]
      if (batch.lines.length === 0) batch.firstId = id
      batch.lines.push(json)
      batch.lastId = id
      waitingBytes += json.length
      cancelTimer ??= clock.setTimeout(() => void flush(), WRITE_EVERY_MS)
    },
    leaveOut: (id) => lose(id, id),
    async scan(range, order, visit) {
      await flush()
      await merge(all, range, order, visit)
    },
    async stop() {
      await flush()
      if (problem !== undefined) return
      await mark('end')
    },
  }
}

function nothing(): Record<Kind, Batch> {
  const empty = (): Batch => ({ firstId: 0, lastId: 0, lines: [] })
  return { main: empty(), loud: empty(), strangers: empty() }
}

/** The lines of all, by their ids. */
async function merge(
  kinds: readonly Segments[],
  { from, to }: IdRange,
  order: 'oldest' | 'newest',
  visit: (json: string) => boolean,
): Promise<void> {
  const sources = kinds.map((kind) => lineByLine(kind.lines(from, to, order)))
  const heads = await Promise.all(sources.map((source) => source.next()))
  for (let count = 1; ; count++) {
    let best = -1
    let bestId = 0
    for (const [index, head] of heads.entries()) {
      if (head.done === true) continue
      const id = idOf(head.value)
      if (best === -1 || (order === 'oldest' ? id < bestId : id > bestId)) {
        best = index
        bestId = id
      }
    }
    const head = heads[best]
    const source = sources[best]
    if (source === undefined || head === undefined || head.done === true || !visit(head.value)) return
    heads[best] = await source.next()
    if (count % 100 === 0) await breathe()
  }
}

async function* lineByLine(files: AsyncGenerator<string[]>): AsyncGenerator<string, undefined> {
  for await (const lines of files) yield* lines
  return undefined
}
