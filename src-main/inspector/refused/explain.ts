import { decidingKeys, ruleNumberOf, ruleWords } from '../../core/auth/rule-words.ts'
import { ruleNumbers } from '../../core/auth/rule-numbers.ts'
import { parsePdu } from '../../core/pdu.ts'
import { roomVersionRules } from '../../core/room-versions.ts'
import { reportSignatures } from '../../core/signature-report.ts'
import { splitStateKey, stateKeyOf, type EventId, type JsonObject, type Pdu } from '../../core/types.ts'
import { canonicalOf, hashesJson, signaturesJson } from '../event/checks.ts'
import type { InspectedRooms } from '../event/ports.ts'
import { explainRule, referenceJson, verdictsOf } from '../event/verdicts.ts'
import { causeWords } from './cause-words.ts'
import { signatureWords, standsInTheWay } from './how-words.ts'
import type { RefusalRow } from './ports.ts'

/** Rejected events that rest on rejected events: so many are followed. */
const LONGEST_CHAIN = 20

/** A line of the list: what, of whom, why in a few words. */
export function refusalJson(rooms: InspectedRooms, row: RefusalRow, nameOf: NameOf): JsonObject {
  const stored = row.eventId === undefined ? undefined : rooms.getEvent(row.eventId)
  const name = row.roomId === undefined ? undefined : nameOf(row.roomId)
  const all: Record<string, JsonObject[string] | undefined> = {
    id: row.id,
    ts: row.ts,
    first_ts: row.firstTs,
    count: row.count,
    outcome: row.outcome,
    cause: row.cause,
    title: titleOf(rooms, row),
    reason: withoutRule(row),
    rule: row.rule,
    rule_number: row.rule === undefined ? undefined : ruleNumberOf(row.rule),
    room_version: row.rule === undefined ? undefined : /^v(\d+) /.exec(row.rule)?.[1],
    event_id: row.eventId,
    room_id: row.roomId,
    room_name: name,
    sender: row.sender,
    type: row.type,
    origin: row.origin,
    // It may have been taken since, when another server gave it whole, or the settings changed.
    status: stored?.status,
  }
  return defined(all)
}

export type NameOf = (roomId: NonNullable<RefusalRow['roomId']>) => string | undefined

/** All that there is to say of one refusal: the rule, what decided, each check made anew, and how it came about. */
export function explainRefusal(rooms: InspectedRooms, row: RefusalRow, nameOf: NameOf): JsonObject {
  const pdu = pduOf(rooms, row)
  const cause = causeWords[row.cause]
  const rule = row.rule === undefined || pdu === undefined ? undefined : explainRule(row.rule, pdu)
  const all: Record<string, JsonObject[string] | undefined> = {
    ...refusalJson(rooms, row, nameOf),
    check: defined({
      title: cause.title,
      meaning: cause.meaning,
      spec: cause.spec === undefined ? undefined : `https://spec.matrix.org/${cause.spec}`,
    }),
    rule_words:
      rule?.rule_number === undefined
        ? undefined
        : defined({
            rule: rule.rule,
            rule_number: rule.rule_number,
            title: rule.title,
            meaning: rule.meaning,
            spec: rule.spec,
          }),
    how: howOf(rooms, row, pdu),
    looked_at: lookedAt(rooms, row, pdu),
    stands_in_the_way: inTheWay(rooms, row, pdu),
    chain: chainOf(rooms, row),
    json: row.json ?? pdu?.json,
  }
  return { ...defined(all), ...checksOf(rooms, row, pdu) }
}

function checksOf(rooms: InspectedRooms, row: RefusalRow, pdu: Pdu | undefined): JsonObject {
  if (pdu === undefined) return {}
  const stored = row.eventId === undefined ? undefined : rooms.getEvent(row.eventId)
  return {
    ...canonicalOf(pdu),
    hashes: hashesJson(pdu),
    ...signaturesJson(rooms, pdu),
    verdicts: verdictsOf(rooms, { pdu, stateBefore: stored?.stateBefore }),
  }
}

/** The event as it came, where it can be read at all. */
function pduOf(rooms: InspectedRooms, row: RefusalRow): Pdu | undefined {
  const version = row.roomId === undefined ? undefined : rooms.getRoom(row.roomId)?.version
  if (row.json !== undefined && version !== undefined) {
    const parsed = parsePdu(row.json, version)
    if (parsed.ok) return parsed.pdu
  }
  return row.eventId === undefined ? undefined : rooms.getEvent(row.eventId)?.pdu
}

function titleOf(rooms: InspectedRooms, row: RefusalRow): string {
  const number = row.rule === undefined ? undefined : ruleNumberOf(row.rule)
  const version = row.rule === undefined ? undefined : /^v(\d+) /.exec(row.rule)?.[1]
  const rules = version === undefined ? undefined : roomVersionRules(version)
  const words = number === undefined || rules === undefined ? undefined : ruleWords(rules, number)
  return words?.title ?? causeWords[row.cause].title
}

/** The sentence without the rule's number before it. */
function withoutRule({ reason, rule }: RefusalRow): string {
  return rule !== undefined && reason.startsWith(`${rule}: `) ? reason.slice(rule.length + 2) : reason
}

function howOf(rooms: InspectedRooms, row: RefusalRow, pdu: Pdu | undefined): string[] {
  const words = [causeWords[row.cause].how]
  if (pdu === undefined) return words
  const rules = roomVersionRules(pdu.roomVersion)
  if (row.cause === 'signature') {
    const precise = signatureWords(reportSignatures(pdu, rules, (server) => rooms.keysOf(server)))
    if (precise.length > 0) return precise
  }
  const number = row.rule === undefined ? undefined : ruleNumberOf(row.rule)
  if (number === `${ruleNumbers(rules).authEvents}.3`) {
    return ['It was refused because an event that it rests on was; the first of that chain is where to look.']
  }
  return words
}

function lookedAt(rooms: InspectedRooms, row: RefusalRow, pdu: Pdu | undefined): JsonObject[] {
  const deciding = decidingIds(rooms, row, pdu)
  return row.lookedAt.map((id) => ({ ...referenceJson(rooms, id), decides: deciding.includes(id) }))
}

function decidingIds(rooms: InspectedRooms, row: RefusalRow, pdu: Pdu | undefined): EventId[] {
  if (row.cause === 'acl') return [...row.lookedAt]
  const keys = keysOf(row, pdu)
  return row.lookedAt.filter((id) => {
    const event = rooms.getEvent(id)?.pdu
    return event?.stateKey !== undefined && keys.includes(stateKeyOf(event.type, event.stateKey))
  })
}

function keysOf(row: RefusalRow, pdu: Pdu | undefined): ReturnType<typeof decidingKeys> {
  const number = row.rule === undefined ? undefined : ruleNumberOf(row.rule)
  if (number === undefined || pdu === undefined) return []
  const words = ruleWords(roomVersionRules(pdu.roomVersion), number)
  return words === undefined ? [] : decidingKeys(words, pdu)
}

/** In words, what of the state stands against the event, or is not there and should be. */
function inTheWay(rooms: InspectedRooms, row: RefusalRow, pdu: Pdu | undefined): JsonObject[] {
  const found = decidingIds(rooms, row, pdu).flatMap((id) => rooms.getEvent(id)?.pdu ?? [])
  const there = new Set(found.map((event) => stateKeyOf(event.type, event.stateKey ?? '')))
  const lacking = row.lookedAt.length === 0 ? [] : keysOf(row, pdu).filter((key) => !there.has(key))
  return [
    ...found.map(standsInTheWay),
    ...lacking.map((key) => {
      const { type, stateKey } = splitStateKey(key)
      return { words: `There was no ${type}${stateKey === '' ? '' : ` of ${stateKey}`}.` }
    }),
  ]
}

/** From a rejected event to the one that was rejected for a reason of its own. */
function chainOf(rooms: InspectedRooms, row: RefusalRow): JsonObject[] | undefined {
  const chain: JsonObject[] = []
  const seen = new Set<EventId>()
  let at = row.outcome === 'rejected' ? row.eventId : undefined
  while (at !== undefined && !seen.has(at) && chain.length < LONGEST_CHAIN) {
    seen.add(at)
    const stored = rooms.getEvent(at)
    if (stored === undefined) break
    if (at !== row.eventId) chain.push({ ...referenceJson(rooms, at), reason: stored.reason ?? '' })
    at = stored.pdu.authEvents.find((id) => rooms.getEvent(id)?.status === 'rejected')
  }
  return chain.length === 0 ? undefined : chain
}

function defined(all: Record<string, JsonObject[string] | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as JsonObject
}
