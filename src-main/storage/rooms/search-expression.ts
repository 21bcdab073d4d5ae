import { createHash } from 'node:crypto'
import type { SearchKey } from './searchable-text.ts'
import { spaced } from './searchable-text.ts'

const MAX_WORDS = 20
const wordLike = /[\p{L}\p{N}\p{So}]/u

/** A word, or several in a row, that a hit must have. */
interface Wanted {
  readonly text: string
  readonly prefix: boolean
}

/**
 * What a person typed, as words that all must occur: each also as the beginning of a longer word, unless
 * it is one letter before another word; `"several words"` in quotes exactly so, in a row.
 */
function wantedIn(term: string): Wanted[] {
  const wanted: Wanted[] = []
  const parts = [...term.matchAll(/"([^"]*)"|([^\s"]+)/g)]
  for (const [index, [, quoted, plain]] of parts.entries()) {
    if (quoted !== undefined) {
      if (wordLike.test(quoted)) wanted.push({ text: spaced(quoted), prefix: false })
    } else if (plain !== undefined && wordLike.test(plain)) {
      const text = spaced(plain).trim()
      const letters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0
      // A script without spaces: the characters in a row.
      const prefix = !text.includes(' ') && (letters > 1 || (letters === 1 && index === parts.length - 1))
      wanted.push({ text, prefix })
    }
  }
  return wanted.slice(0, MAX_WORDS)
}

/** The part of a full-text expression that is about words; undefined when nothing typed is one. */
export function wordsExpression(term: string): string | undefined {
  const wanted = wantedIn(term)
  if (wanted.length === 0) return undefined
  const phrases = wanted.map(({ text, prefix }) => `"${text.replaceAll('"', ' ')}"${prefix ? ' *' : ''}`)
  return `{text} : (${phrases.join(' AND ')})`
}

// One word of the second column each; their first characters are nobody's words.
export const roomMark = (room: number): string => `\ue000${room}`
export const senderMark = (sender: string): string =>
  `\ue001${createHash('sha256').update(sender).digest('hex').slice(0, 16)}`
export const keyMark = (key: SearchKey): string => `\ue002${key}`

export const anyOf = (marks: readonly string[]): string =>
  `{scope} : (${marks.map((mark) => `"${mark}"`).join(' OR ')})`
