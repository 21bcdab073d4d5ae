import { z } from 'zod'
import { isAtLeast, type LogLevel } from '../trace/log.ts'
import { levelSchema, type About } from './records.ts'

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
  readonly about: About
  readonly json: string
}

export function createMatcher(filter: TraceFilter): (entry: Indexed) => boolean {
  const labels = filter.label?.split(',').map((label) => label.trim())
  const text = filter.text?.toLowerCase()
  const { server, room, event, user, txn, level } = filter
  return ({ about, json, ...entry }) =>
    (labels === undefined || labels.includes(entry.label)) &&
    (level === undefined || isAtLeast(entry.level, level)) &&
    (server === undefined || about.servers?.has(server) === true) &&
    (room === undefined || about.rooms?.has(room) === true) &&
    (event === undefined || about.events?.has(event) === true) &&
    (user === undefined || about.users?.has(user) === true) &&
    (txn === undefined || about.txns?.has(txn) === true) &&
    (text === undefined || json.toLowerCase().includes(text))
}

/** A cheap look at a record's JSON: false where `createMatcher` would say no anyhow. */
export function createLineFilter(filter: TraceFilter): (json: string) => boolean {
  const { server, room, event, user, txn, label, text, level } = filter
  const quoted = [server, room, event, user, txn, label?.includes(',') === true ? undefined : label]
    .filter((word) => word !== undefined)
    .map((word) => JSON.stringify(word.trim()))
  const sought = text?.toLowerCase()
  const grave = level === 'warn' || level === 'error'
  return (json) =>
    quoted.every((word) => json.includes(word)) &&
    (!grave || json.includes('"level":"error"') || (level === 'warn' && json.includes('"level":"warn"'))) &&
    (sought === undefined || json.toLowerCase().includes(sought))
}
