type Content = Readonly<Record<string, unknown>>

/** What strangers write into state is cut before it becomes a line of the timeline. */
const MOST_QUOTED = 300

/** A text that says something; undefined for everything else that an event may hold in its place. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

export function quoted(value: string): string {
  const line = value.replaceAll(/\s+/gu, ' ').trim()
  return `“${line.length > MOST_QUOTED ? `${line.slice(0, MOST_QUOTED)}…` : line}”`
}

/** Names that are keys are 56 characters long; the first few tell them apart. */
export function shortNames(words: string): string {
  return words.replaceAll(/\b([a-z2-7]{8})[a-z2-7]{48}\.local\b/gu, '$1….local')
}

export function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
}

export function object(value: unknown): Content {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Content) : {}
}

/** Those of `now` that `before` has not. */
export function added(before: readonly string[], now: readonly string[]): readonly string[] {
  const known = new Set(before)
  return now.filter((each) => !known.has(each))
}
