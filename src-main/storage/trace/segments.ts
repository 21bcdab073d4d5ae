import { closeSync, mkdirSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { appendFile, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Ids of different runs never meet: between them lies at least so much, where the first ended unexpectedly. */
const RUN_GAP = 10_000
const NEWLINE = Buffer.from('\n')
const TAIL_BYTES = 512 * 1024

interface Segment {
  readonly path: string
  readonly firstId: number
  bytes: number
}

/**
 * JSON Lines in files of a bounded size and number, the oldest of which go: one kind of records, in the order of
 * their ids. A file is named by the first id in it. A last line that was torn by a crash is passed over.
 */
export class Segments {
  private readonly dir: string
  private readonly kind: string
  private readonly limits: { readonly files: number; readonly bytes: number }
  private readonly files: Segment[]
  /** The last id on disk when it was opened, and whether the run that wrote it ended in order. */
  readonly lastId: number
  readonly endedInOrder: boolean
  /** Up to this id, records went with their file. */
  droppedUpTo = 0
  /** A write that failed may have ended in the middle of a line. */
  private torn = false

  constructor(dir: string, kind: string, limits: { readonly files: number; readonly bytes: number }) {
    this.dir = dir
    this.kind = kind
    this.limits = limits
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    this.files = readdirSync(dir)
      .flatMap((name) => {
        const match = new RegExp(`^${kind}-(\\d{1,16})\\.jsonl$`).exec(name)
        if (match === null) return []
        const path = join(dir, name)
        return [{ path, firstId: Number(match[1]), bytes: statSync(path).size }]
      })
      .toSorted((a, b) => a.firstId - b.firstId)
    const newest = this.files.at(-1)
    const lines = newest === undefined ? [] : lastLinesOf(newest)
    this.endedInOrder = newest === undefined || (lines.at(-1)?.startsWith('{"end":') ?? false)
    this.lastId = Math.max(newest?.firstId ?? 0, ...lines.map(idOf))
    // What stands behind the first file that is left is gone.
    this.droppedUpTo = Math.max(0, (this.files[0]?.firstId ?? 1) - 1)
  }

  /** Bytes in the file that is written now. */
  get current(): { readonly firstId: number; readonly bytes: number } | undefined {
    return this.files.at(-1)
  }

  async append(firstId: number, lines: readonly Buffer[]): Promise<void> {
    let file = this.files.at(-1)
    if (file === undefined || file.bytes >= this.limits.bytes) {
      file = { path: join(this.dir, `${this.kind}-${firstId}.jsonl`), firstId, bytes: 0 }
      this.files.push(file)
      while (this.files.length > this.limits.files) {
        const oldest = this.files.shift()
        if (oldest !== undefined) await rm(oldest.path, { force: true })
        this.droppedUpTo = (this.files[0]?.firstId ?? 1) - 1
      }
    }
    const text = Buffer.concat([...(this.torn ? [NEWLINE] : []), ...lines.flatMap((line) => [line, NEWLINE])])
    this.torn = true
    await appendFile(file.path, text, { mode: 0o600 })
    this.torn = false
    file.bytes += text.length
  }

  /** A mark in the newest file, where there is one, on a line of its own: a crash may have torn the one before. */
  async mark(line: string): Promise<void> {
    const file = this.files.at(-1)
    if (file === undefined) return
    const text = `\n${line}\n`
    await appendFile(file.path, text)
    file.bytes += text.length
  }

  /** The lines of each file that may hold ids of this range, in order or the other way round. */
  async *lines(from: number, to: number, order: 'oldest' | 'newest'): AsyncGenerator<string[]> {
    const wanted = this.files.filter((file, index) => {
      const next = this.files[index + 1]
      return file.firstId <= to && (next === undefined || next.firstId > from)
    })
    for (const { path } of order === 'oldest' ? wanted : wanted.toReversed()) {
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        // It was the oldest, and went meanwhile.
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
        throw error
      })
      const lines = text.split('\n').filter((line) => {
        const id = idOf(line)
        return id >= from && id <= to && line.endsWith('}')
      })
      yield order === 'oldest' ? lines : lines.toReversed()
    }
  }
}

/** From where another run may go on. */
export function firstFreeId(kinds: readonly Segments[]): number {
  const last = Math.max(0, ...kinds.map(({ lastId }) => lastId))
  if (kinds.every(({ endedInOrder }) => endedInOrder)) return last + 1
  return Math.ceil((last + 1) / RUN_GAP) * RUN_GAP + RUN_GAP
}

/** 0 for what is no record. */
export function idOf(line: string): number {
  if (!line.startsWith('{"id":')) return 0
  const id = Number(line.slice(6, line.indexOf(',', 6)))
  return Number.isSafeInteger(id) ? id : 0
}

/** With a record among them, where there is one: who does not know the last number gives it again. */
function lastLinesOf(segment: Segment): string[] {
  const lines = tailOf(segment, TAIL_BYTES)
  return lines.some((line) => idOf(line) > 0) ? lines : tailOf(segment, segment.bytes)
}

function tailOf({ path, bytes }: Segment, most: number): string[] {
  const start = Math.max(0, bytes - most)
  const buffer = Buffer.alloc(bytes - start)
  const fd = openSync(path, 'r')
  try {
    readSync(fd, buffer, 0, buffer.length, start)
  } finally {
    closeSync(fd)
  }
  return buffer
    .toString('utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
}
