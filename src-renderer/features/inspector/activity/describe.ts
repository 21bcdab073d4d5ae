import type { TraceItem, TraceRecord } from '../../../client/trace.ts'
import type { Names } from '../use-names.ts'
import { clockTime } from '../clock-time.ts'

export type Tone = 'plain' | 'warn' | 'danger'

export interface Described {
  readonly title: string
  /** How it came out, where that is worth a word. */
  readonly outcome: string | undefined
  readonly tone: Tone
  /** What it is about, in a few words. */
  readonly where: string
}

/** An operation in words. What this page knows no words for is called as the node calls it. */
export function describeRecord(record: TraceRecord, names: Names): Described {
  const facts = factsOf(record, names)
  const title = titles[record.label]?.(record, facts) ?? sentence(record.label)
  const outcome = outcomeOf(record, names)
  // What the title says already is not said again.
  const whereParts = [facts.room, facts.server].filter((part) => part !== undefined && !title.includes(part))
  return {
    title,
    outcome: outcome?.words,
    tone: outcome?.tone ?? toneOf(record),
    where: whereParts.join(' · '),
  }
}

interface Facts {
  readonly server: string | undefined
  readonly room: string | undefined
  readonly user: string | undefined
  readonly events: number
}

function factsOf(record: TraceRecord, names: Names): Facts {
  const first = (name: string): string | undefined => firstOf(record, name)
  const [server, room, user] = [first('server'), first('room'), first('user')]
  const { events } = record.values
  return {
    server: server === undefined ? undefined : names.server(server),
    room: room === undefined ? undefined : names.room(room),
    user: user === undefined ? undefined : names.user(user),
    events: Array.isArray(events) ? events.length : 0,
  }
}

/** Of the operation, or of the first step that names one. */
function firstOf(item: TraceRecord | TraceItem, name: string): string | undefined {
  const own = item.values[name]
  if (typeof own === 'string') return own
  for (const child of item.children) {
    const found = firstOf(child, name)
    if (found !== undefined) return found
  }
  return undefined
}

const plural = (count: number, one: string): string => (count === 1 ? `one ${one}` : `${count} ${one}s`)

const inbound: readonly (readonly [RegExp, (who: string, record: TraceRecord) => string])[] = [
  [
    /\/send\/[^/]+$/,
    (who, { values }) => `${who} sent ${contents(Number(values['pdus'] ?? 0), values['edus'])}`,
  ],
  [/\/make_join\//, (who) => `${who} asks how to join`],
  [/\/send_join\//, (who) => `${who} joins`],
  [/\/(make|send)_leave\//, (who) => `${who} leaves`],
  [/\/(make|send)_knock\//, (who) => `${who} knocks`],
  [/\/invite\//, (who) => `${who} invites`],
  [/\/backfill\//, (who) => `${who} asks for older events`],
  [/\/get_missing_events\//, (who) => `${who} asks for events that it lacks`],
  [/\/(state|state_ids)\//, (who) => `${who} asks for the state of a room`],
  [/\/event(_auth)?\//, (who) => `${who} asks for an event`],
  [/\/key\/v2\//, (who) => `${who} asks for keys`],
  [/\/version$/, (who) => `${who} asks whether this Hearth is there`],
  [/\/waiting$/, (who) => `${who} comes for what waits for it`],
  [/\/media\//, (who) => `${who} fetches a file`],
  [/\/query\/profile/, (who) => `${who} asks for a profile`],
  [/\/timestamp_to_event\//, (who) => `${who} asks what is new`],
  [/\/(publicRooms|hierarchy)/, (who) => `${who} looks at rooms`],
  [/\/user\//, (who) => `${who} asks for devices and their keys`],
]

/** Of a transaction: events, and what is not kept in rooms. */
function contents(events: number, edus: unknown): string {
  const count = Number(edus ?? 0)
  const short = count > 0 ? [plural(count, 'short-lived message')] : []
  const long = events === 0 && count > 0 ? [] : [plural(events, 'event')]
  return [...long, ...short].join(' and ')
}

const titles: Readonly<Record<string, (record: TraceRecord, facts: Facts) => string>> = {
  'federation in'(record, { server = 'Somebody' }) {
    const path = String(record.values['path'] ?? '')
    return inbound.find(([pattern]) => pattern.test(path))?.[1](server, record) ?? `${server} asks`
  },
  'federation send': (record, { server = 'another server', events }) =>
    record.values['collected'] === true
      ? `${server} has come for ${plural(events, 'event')}`
      : `Send ${contents(events, record.values['edus'])} to ${server}`,
  'federation collected': (record, { server = 'another server' }) =>
    `Take ${plural(Number(record.values['pdus'] ?? 0), 'event')} from ${server}, asked for`,
  'federation request': ({ values }, { server = 'another server' }) => {
    const path = String(values['path'] ?? '')
    return `Ask ${server}: ${path.split('/').at(path.includes('/v1/') || path.includes('/v2/') ? 4 : -1) ?? path}`
  },
  'send event': ({ values }, { user = 'Somebody' }) =>
    values['type'] === 'm.room.message'
      ? `${user} writes a message`
      : `${user} sends ${String(values['type'])}`,
  'receive events': () => 'Decide about received events',
  'sync answered': (_record, { user = 'somebody', events }) =>
    events === 0 ? `Tell ${user}’s app what changed` : `Show ${plural(events, 'event')} to ${user}’s app`,
  'create room': (_record, { user = 'Somebody' }) => `${user} makes a room`,
  'join room': (_record, { user = 'Somebody' }) => `${user} joins`,
  'resolve state': ({ values }) => `Resolve ${String(values['states'])} different states of the room`,
  'fetch keys': (_record, { server = 'a server' }) => `Fetch the keys of ${server}`,
  backfill: () => 'Fetch older events',
  'fill gaps': () => 'Fill gaps in the history',
  'ask for news': () => 'Ask others whether there is news',
  'device lists': (_record, { server = 'another server' }) => `Fetch the devices of people of ${server}`,
  greeting: ({ values }) => `Greet ${plural(Number(values['asked'] ?? 0), 'server')}`,
}

function outcomeOf(record: TraceRecord, names: Names): { words: string; tone: Tone } | undefined {
  const decision = gravest(record)
  if (decision?.label === 'back-off') {
    const retryAt = Number(decision.values['retryAt'])
    const when = Number.isFinite(retryAt) ? `tried again at ${clockTime(retryAt).slice(0, 8)}` : 'put off'
    return { words: `${when}: ${reasonOf(decision) ?? 'it did not work'}`, tone: 'warn' }
  }
  if (decision !== undefined) {
    const server = decision.values['server']
    const about =
      typeof server === 'string' && record.values['server'] === undefined ? names.server(server) : ''
    const reason = reasonOf(decision)
    const label = decision === record ? '' : decision.label
    const words = [about, label, reason].filter((part) => part !== '' && part !== undefined).join(': ')
    if (words !== '') return { words, tone: toneOf(decision) }
  }
  const verdicts = verdictsIn(record)
  if (verdicts !== '') return { words: verdicts, tone: 'plain' }
  const { late, status } = record.values
  if (typeof late === 'number' && late >= 100) return { words: `${late} ms after it was there`, tone: 'warn' }
  if (typeof status === 'number' && status >= 400) return { words: `answered ${status}`, tone: 'warn' }
  return undefined
}

/** "3 accepted, 1 known", where received events were decided about. */
function verdictsIn(record: TraceRecord): string {
  const counts = new Map<string, number>()
  for (const step of [record, ...record.children]) {
    if (step.label !== 'receive events') continue
    for (const { label, values } of step.children)
      if (typeof values['event'] === 'string' && typeof values['server'] === 'string')
        counts.set(label, (counts.get(label) ?? 0) + 1)
  }
  return [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ')
}

/** The step that says most about how it came out: what failed, and else what was decided with a reason. */
function gravest(record: TraceRecord): TraceRecord | TraceItem | undefined {
  const order = ['debug', 'info', 'warn', 'error']
  let found: { item: TraceRecord | TraceItem; weight: number } | undefined
  const visit = (item: TraceRecord | TraceItem): void => {
    const weight =
      item.label === 'back-off'
        ? 3.5
        : reasonOf(item) === undefined
          ? 0
          : order.indexOf(item.level) + (item.error === undefined ? 0.5 : 0)
    if (weight >= 1 && (found === undefined || weight > found.weight)) found = { item, weight }
    item.children.forEach(visit)
  }
  visit(record)
  return found?.item
}

function reasonOf({ values, error }: TraceRecord | TraceItem): string | undefined {
  const said = values['reason'] ?? values['error'] ?? error?.message
  return said === undefined ? undefined : String(said)
}

function toneOf({ level }: TraceRecord | TraceItem): Tone {
  return level === 'error' ? 'danger' : level === 'warn' ? 'warn' : 'plain'
}

function sentence(label: string): string {
  return label.charAt(0).toUpperCase() + label.slice(1)
}
