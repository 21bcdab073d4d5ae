import type { LogItem } from '../trace/log.ts'

/** What strangers sent is cut: names and reasons fit, whole documents do not. */
const MAX_TEXT = 1000
const MAX_LIST = 100
/** Of one record: items beyond are counted, not kept. */
const MAX_ITEMS = 1000
/** Of one record, in characters: what comes after is counted, not kept. */
const MAX_CHARS = 150_000
const MAX_BODY = 64 * 1024
const MAX_BODIES = 1024 * 1024

export interface Written {
  /** A `TraceRecord` as JSON, its `id` first. */
  readonly json: Buffer
  /** Something in the tree was recorded with its bodies. */
  readonly hasBodies: boolean
}

/**
 * The record of a tree. Each operation is written so when it ends, whether somebody looks or not, so the JSON is
 * put together directly: that takes a third of the time of objects and `JSON.stringify`.
 *
 * @param id 0 for a tree that has not finished yet.
 * @param now monotonic
 */
export function writeRecord(root: LogItem, id: number, now: number, withBodies = false): Written {
  return new RecordWriter(root, now, withBodies).write(id)
}

class RecordWriter {
  private readonly root: LogItem
  private readonly now: number
  private readonly withBodies: boolean
  private json = ''
  private items = 0
  private omitted = 0
  private chars = 0
  private bodyChars = 0
  private hasBodies = false

  constructor(root: LogItem, now: number, withBodies: boolean) {
    this.root = root
    this.now = now
    this.withBodies = withBodies
  }

  write(id: number): Written {
    this.json = `{"id":${id},"ts":${Math.round(this.root.start)},`
    this.item(this.root)
    if (this.omitted > 0) this.json += `,"omitted":${this.omitted}`
    if (this.hasBodies) this.json += ',"recorded":true'
    // Outside of the heap, where thousands of records cost the garbage collector nothing.
    return { json: Buffer.from(`${this.json}}`), hasBodies: this.hasBodies }
  }

  /** Without the braces. */
  private item(item: LogItem): void {
    const ms = item.duration ?? this.now - item.started
    this.json += `"label":${quoted(item.label)},"at":${round(item.offset - this.root.offset)},"ms":${round(ms)},"level":"${item.level}","values":{`
    this.values(item)
    this.json += item.duration === undefined ? '},"running":true' : '}'
    if (item.error !== undefined) this.json += `,"error":${JSON.stringify(errorOf(item.error))}`
    if (item.bodies !== undefined) this.bodies(item.bodies)
    this.json += ',"children":['
    let first = true
    for (const child of item.children) {
      if (this.items++ >= MAX_ITEMS || this.chars >= MAX_CHARS) {
        this.omitted++
        continue
      }
      this.json += first ? '{' : ',{'
      first = false
      this.item(child)
      this.json += '}'
    }
    this.json += ']'
  }

  private values({ values }: LogItem): void {
    let separator = ''
    for (const name in values) {
      const value = values[name]
      if (value === undefined) continue
      const written = writtenValue(value)
      this.chars += written.length
      this.json += `${separator}${quoted(name)}:${written}`
      separator = ','
    }
  }

  private bodies(bodies: NonNullable<LogItem['bodies']>): void {
    this.hasBodies = true
    if (!this.withBodies || this.bodyChars > MAX_BODIES) return
    const kept = Object.entries(bodies).map(([name, text]) => [name, keptBody(text)] as const)
    for (const [, text] of kept) this.bodyChars += text.length
    this.json += `,"bodies":${JSON.stringify(Object.fromEntries(kept))}`
  }
}

function writtenValue(value: NonNullable<LogItem['values'][string]>): string {
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '0'
  if (typeof value === 'string') return quoted(cut(value))
  return `[${value
    .slice(0, MAX_LIST)
    .map((one) => quoted(cut(one)))
    .join(',')}]`
}

/** What has to be escaped in JSON, and halves of characters, which UTF-8 cannot hold. */
const UNPLAIN = /["\\\p{Cc}\p{Cs}\u2028\u2029]/u

function quoted(text: string): string {
  return UNPLAIN.test(text) ? JSON.stringify(text) : `"${text}"`
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
}

/** To the microsecond: more digits are noise, and cost room. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

function errorOf(error: Error): { name: string; message: string; cause?: string } {
  const { name, message, cause } = error
  return {
    name: cut(name),
    message: cut(message),
    ...(cause instanceof Error ? { cause: cut(cause.message) } : {}),
  }
}

const SECRET =
  /"(access_token|refresh_token|login_token|openid_token|token|password|passphrase|secret|private_key)"\s*:\s*"(?:[^"\\]|\\.)*"/g

/** Headers are never among them; what else opens something is taken out. */
function keptBody(text: string): string {
  const clean = text.replaceAll(SECRET, '"$1":"(left out)"')
  return clean.length > MAX_BODY ? `${clean.slice(0, MAX_BODY)}… (${clean.length} characters)` : clean
}
