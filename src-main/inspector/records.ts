import { z } from 'zod'
import type { LogItem, LogLevel } from '../trace/log.ts'

/** What strangers sent is cut: names and reasons fit, whole documents do not. */
const MAX_TEXT = 1000
const MAX_LIST = 100
/** Of one record: items beyond are counted, not kept. */
const MAX_ITEMS = 1000
const MAX_ABOUT = 500
/** Of one record, in characters: what comes after is counted, not kept. */
const MAX_CHARS = 150_000

const levels = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]
export const levelSchema = z.enum(levels)

const valueSchema = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])

const errorSchema = z
  .object({ name: z.string(), message: z.string(), cause: z.string().optional() })
  .meta({ id: 'TraceError' })

const itemShape = {
  label: z.string().describe('What was done or found: the same words for the same thing'),
  ms: z.number().describe('How long it took, in milliseconds with fractions; 0 for a fact or a decision'),
  level: levelSchema.describe('Of this item and, at least, of what is inside it where that was raised'),
  values: z
    .record(z.string(), valueSchema)
    .describe('`room`, `event`, `server` (the other one), `user`, `txn` mean the same everywhere'),
  error: errorSchema.optional(),
  bodies: z
    .object({ request: z.string().optional(), answer: z.string().optional() })
    .optional()
    .describe('What was sent and answered, of what was recorded: JSON, cut where it is long'),
}

/** A step inside an operation. */
export interface TraceItem extends z.infer<z.ZodObject<typeof itemShape>> {
  at: number
  running?: boolean | undefined
  children: TraceItem[]
}
export const traceItemSchema: z.ZodType<TraceItem> = z
  .object({
    ...itemShape,
    at: z.number().describe('When it began, in milliseconds after the operation did'),
    running: z.boolean().optional().describe('It has not finished; `ms` is until now'),
    children: z.lazy(() => z.array(traceItemSchema)),
  })
  .meta({ id: 'TraceItem' })

/** One operation of the node, as its own log items tell it. */
export const traceRecordSchema = z
  .object({
    id: z.number().int().describe('Rises with each operation that finishes'),
    ts: z.number().describe('When it began, in milliseconds since the epoch'),
    ...itemShape,
    at: z.literal(0),
    running: z.boolean().optional(),
    children: z.array(traceItemSchema),
    omitted: z.number().optional().describe('So many items more did not fit'),
    recorded: z.boolean().optional().describe('`GET trace/{id}` has bodies of it'),
  })
  .meta({ id: 'TraceRecord' })
export type TraceRecord = z.infer<typeof traceRecordSchema>

/** What a record is about, from its whole tree. */
export interface About {
  servers?: Set<string>
  rooms?: Set<string>
  events?: Set<string>
  users?: Set<string>
  txns?: Set<string>
}

const subjects: Readonly<Record<string, keyof About>> = {
  server: 'servers',
  servers: 'servers',
  room: 'rooms',
  rooms: 'rooms',
  event: 'events',
  events: 'events',
  user: 'users',
  users: 'users',
  txn: 'txns',
  txns: 'txns',
}

/** The record of a tree, and what it is about. A tree that has not finished yet has no id of its own: give 0. */
export function recordOf(root: LogItem, id: number, now: number): { record: TraceRecord; about: About } {
  const about: About = {}
  let items = 0
  let omitted = 0
  let chars = 0
  let bodyChars = 0

  function convert(item: LogItem): TraceItem {
    const children: TraceItem[] = []
    const converted: TraceItem = {
      label: item.label,
      at: round(item.offset - root.offset),
      ms: round(item.duration ?? now - item.started),
      level: item.level,
      values: valuesOf(item, about),
      children,
    }
    if (item.duration === undefined) converted.running = true
    if (item.error !== undefined) converted.error = errorOf(item.error)
    if (item.bodies !== undefined && bodyChars < MAX_BODIES) {
      converted.bodies = keptBodies(item.bodies)
      for (const text of Object.values(converted.bodies)) bodyChars += text.length
    }
    for (const value of Object.values(converted.values)) chars += String(value).length
    for (const child of item.children) {
      if (items++ < MAX_ITEMS && chars < MAX_CHARS) children.push(convert(child))
      else omitted++
    }
    return converted
  }

  const { at: _at, ...top } = convert(root)
  const record: TraceRecord = { id, ts: Math.round(root.start), at: 0, ...top }
  if (omitted > 0) record.omitted = omitted
  return { record, about }
}

/** A line of the store; undefined for what is none: another version may have written it, or a crash torn it. */
export function readRecord(json: string): TraceRecord | undefined {
  try {
    return traceRecordSchema.safeParse(JSON.parse(json)).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The same from a record that was read back. */
export function aboutOf(record: TraceRecord): About {
  const about: About = {}
  const visit = (item: TraceRecord | TraceItem): void => {
    for (const [name, value] of Object.entries(item.values)) addSubject(about, name, value)
    item.children.forEach(visit)
  }
  visit(record)
  return about
}

function valuesOf(item: LogItem, about: About): TraceItem['values'] {
  const values: TraceItem['values'] = {}
  for (const name in item.values) {
    const value = item.values[name]
    if (value === undefined) continue
    const kept =
      typeof value === 'string'
        ? cut(value)
        : typeof value === 'object'
          ? value.slice(0, MAX_LIST).map(cut)
          : value
    values[name] = kept
    addSubject(about, name, kept)
  }
  return values
}

function addSubject(about: About, name: string, value: string | number | boolean | readonly string[]): void {
  const subject = subjects[name]
  if (subject === undefined) return
  const found = (about[subject] ??= new Set())
  if (found.size >= MAX_ABOUT) return
  if (typeof value === 'string') found.add(value)
  else if (typeof value === 'object') for (const one of value) found.add(one)
}

const MAX_BODY = 64 * 1024
/** Of one record. */
const MAX_BODIES = 1024 * 1024
const SECRET =
  /"(access_token|refresh_token|login_token|openid_token|token|password|passphrase|secret|private_key)"\s*:\s*"(?:[^"\\]|\\.)*"/g

/** Headers are never among them; what else opens something is taken out. */
function keptBodies(bodies: NonNullable<LogItem['bodies']>): NonNullable<TraceItem['bodies']> {
  const kept = (text: string): string => {
    const clean = text.replaceAll(SECRET, '"$1":"(left out)"')
    return clean.length > MAX_BODY ? `${clean.slice(0, MAX_BODY)}… (${clean.length} characters)` : clean
  }
  const { request, answer } = bodies
  return {
    ...(request === undefined ? {} : { request: kept(request) }),
    ...(answer === undefined ? {} : { answer: kept(answer) }),
  }
}

function errorOf(error: Error): z.infer<typeof errorSchema> {
  const { name, message, cause } = error
  return {
    name: cut(name),
    message: cut(message),
    ...(cause instanceof Error ? { cause: cut(cause.message) } : {}),
  }
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
}

/** To the microsecond: more digits are noise, and cost room. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
