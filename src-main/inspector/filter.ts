import { z } from 'zod'
import { isAtLeast, type LogLevel } from '../trace/log.ts'
import { levelSchema, type TraceItem, type TraceRecord } from './records.ts'

/** Which records are wanted; each name that is given must fit. */
export const filterShape = {
  label: z.string().max(500).optional().describe('What was done; several, separated by commas: any of them'),
  server: z.string().max(255).optional().describe('The other server'),
  room: z.string().max(255).optional(),
  event: z.string().max(255).optional(),
  user: z.string().max(255).optional(),
  txn: z.string().max(512).optional(),
  level: levelSchema.optional().describe('At least as grave'),
  text: z.string().max(200).optional().describe('Somewhere in the record, as its JSON has it'),
}
const filterSchema = z.object(filterShape)
export type TraceFilter = z.infer<typeof filterSchema>

/** What of a record is at hand without reading its JSON. */
export interface Indexed {
  readonly label: string
  readonly level: LogLevel
  readonly json: Json
}

/** A text, or its bytes. */
export type Json = string | Buffer

export interface Matcher {
  readonly matches: (entry: Indexed) => boolean
  /** A cheap look at a record's JSON: false where `matches` would say no anyhow. */
  readonly mayMatch: (json: Json) => boolean
}

/** Records are not indexed: most are never looked for, and to find a word in their JSON is quick. */
export function createMatcher(filter: TraceFilter): Matcher {
  const labels = filter.label?.split(',').map((label) => label.trim())
  const text = filter.text?.toLowerCase()
  const { server, room, event, user, txn, level } = filter
  const subjects = Object.entries({ server, room, event, user, txn }).filter(([, id]) => id !== undefined)
  const quoted = subjects.map(([, id]) => JSON.stringify(id))
  const mayMatch = (json: Json): boolean =>
    quoted.every((word) => json.includes(word)) &&
    (text === undefined || json.toString().toLowerCase().includes(text)) &&
    (labels === undefined || labels.some((label) => json.includes(`"label":${JSON.stringify(label)}`)))
  return {
    mayMatch,
    matches: (entry) =>
      (labels === undefined || labels.includes(entry.label)) &&
      (level === undefined || isAtLeast(entry.level, level)) &&
      mayMatch(entry.json) &&
      (subjects.length === 0 || isAbout(JSON.parse(entry.json.toString()) as TraceRecord, subjects)),
  }
}

/** All of these, each somewhere in its tree under its own name or, in a list, the plural of that. */
function isAbout(record: TraceRecord, subjects: readonly (readonly [string, string | undefined])[]): boolean {
  return subjects.every(([name, id]) => {
    const visit = ({ values, children }: TraceItem): boolean => {
      const many = values[`${name}s`]
      return values[name] === id || (Array.isArray(many) && many.includes(id ?? '')) || children.some(visit)
    }
    return visit(record)
  })
}
