/**
 * Polls (MSC3381, in the specification's vocabulary as `m.poll.*`; most clients still send the unstable
 * names, so both are read). Everything in the events is hostile and bounded here.
 */
export const POLL_START = ['m.poll.start', 'org.matrix.msc3381.poll.start'] as const
export const POLL_RESPONSE = ['m.poll.response', 'org.matrix.msc3381.poll.response'] as const
export const POLL_END = ['m.poll.end', 'org.matrix.msc3381.poll.end'] as const

const MOST_ANSWERS = 20
const LONGEST_TEXT = 340

export interface PollQuestion {
  readonly question: string
  readonly answers: readonly { readonly id: string; readonly text: string }[]
  /** Undisclosed polls show their result only when they have ended. */
  readonly disclosed: boolean
  readonly maxSelections: number
}

/** A vote or an end, as far as tallying needs it. */
export interface PollEvent {
  readonly id: string
  readonly type: string
  readonly sender: string
  readonly ts: number
  readonly content: Readonly<Record<string, unknown>>
}

export interface PollResult {
  /** Answer id -> user ids. */
  readonly votes: ReadonlyMap<string, readonly string[]>
  readonly voters: number
  readonly ended: boolean
}

/** Undefined when it is no poll that can be shown. */
export function parsePoll(content: Readonly<Record<string, unknown>>): PollQuestion | undefined {
  const start = objectOf(pick(content, POLL_START))
  if (start === undefined) return undefined
  const question = textOf(start['question'])
  const kind = start['kind']
  const list = Array.isArray(start['answers']) ? start['answers'].slice(0, MOST_ANSWERS) : []
  const seen = new Set<string>()
  const answers = list.flatMap((each: unknown) => {
    const answer = objectOf(each)
    const id = answer?.['m.id'] ?? answer?.['id']
    const text = textOf(answer)
    if (typeof id !== 'string' || text === undefined || seen.has(id)) return []
    seen.add(id)
    return [{ id, text }]
  })
  if (question === undefined || answers.length === 0) return undefined
  const most = start['max_selections']
  return {
    question,
    answers,
    disclosed:
      kind === 'm.poll.disclosed' || kind === 'org.matrix.msc3381.poll.disclosed' || kind === 'm.disclosed',
    maxSelections: typeof most === 'number' && most >= 1 ? Math.min(Math.floor(most), answers.length) : 1,
  }
}

/**
 * The newest valid vote of each person before the end counts; a vote for nothing, or for what is not an
 * answer, takes the person's vote back. Only the author, or somebody who may delete messages, can end a poll.
 */
export function tallyPoll(
  poll: PollQuestion,
  events: readonly PollEvent[],
  mayEnd: (userId: string) => boolean,
): PollResult {
  const ids = new Set(poll.answers.map((answer) => answer.id))
  const ends = events.filter((event) => has(POLL_END, event.type) && mayEnd(event.sender))
  const endTs = ends.length === 0 ? Infinity : Math.min(...ends.map((event) => event.ts))
  const newest = new Map<string, PollEvent>()
  for (const event of events) {
    if (!has(POLL_RESPONSE, event.type) || event.ts > endTs) continue
    const before = newest.get(event.sender)
    if (before === undefined || before.ts <= event.ts) newest.set(event.sender, event)
  }
  const votes = new Map<string, string[]>(poll.answers.map((answer) => [answer.id, []]))
  let voters = 0
  for (const [sender, event] of newest) {
    const chosen = chosenOf(event.content)
      .filter((id) => ids.has(id))
      .slice(0, poll.maxSelections)
    if (chosen.length > 0) voters++
    for (const id of new Set(chosen)) votes.get(id)?.push(sender)
  }
  return { votes, voters, ended: ends.length > 0 }
}

function chosenOf(content: Readonly<Record<string, unknown>>): string[] {
  const response = objectOf(pick(content, POLL_RESPONSE))
  const list = response?.['answers'] ?? content['m.selections']
  return Array.isArray(list) ? list.filter((id): id is string => typeof id === 'string') : []
}

function has(names: readonly string[], type: string): boolean {
  return names.includes(type)
}

function pick(content: Readonly<Record<string, unknown>>, names: readonly string[]): unknown {
  return names.map((name) => content[name]).find((value) => value !== undefined)
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}

/** Extensible events: a string, a list of `{ body }`, or a plain `body`. */
function textOf(value: unknown): string | undefined {
  const from = objectOf(value)
  if (from === undefined) return undefined
  const text = from['m.text'] ?? from['org.matrix.msc1767.text']
  const first: unknown = Array.isArray(text) ? objectOf(text[0])?.['body'] : text
  const found = typeof first === 'string' ? first : from['body']
  return typeof found === 'string' && found.trim() !== '' ? found.trim().slice(0, LONGEST_TEXT) : undefined
}
