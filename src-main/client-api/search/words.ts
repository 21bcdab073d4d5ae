const word = /[\p{L}\p{N}\p{M}]+/gu
const MAX_HIGHLIGHTS = 50
const MAX_RANKED_CHARS = 5_000

/** Without case and accents, as the index compares. */
const folded = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

const wordsIn = (text: string): string[] => text.match(word) ?? []

/** The words to mark: those typed, and those of the hits that begin like them. */
export function highlightsOf(term: string, texts: readonly string[]): string[] {
  const typed = wordsIn(term)
  const starts = typed.map(folded)
  const marked = new Set(typed.map((item) => item.toLowerCase()))
  for (const text of texts) {
    for (const item of wordsIn(text)) {
      if (marked.size >= MAX_HIGHLIGHTS) return [...marked]
      const plain = folded(item)
      if (starts.some((start) => plain.startsWith(start))) marked.add(item.toLowerCase())
    }
  }
  return [...marked]
}

/**
 * How close a text is to what was typed, above 0, higher is closer: whole words count double, a text that
 * has them in a row more, and of a short text they are a larger part.
 */
export function closeness(term: string, text: string): number {
  const typed = wordsIn(folded(term))
  const plain = folded(text.slice(0, MAX_RANKED_CHARS))
  const words = wordsIn(plain)
  const whole = new Set(words)
  let score = 0
  for (const item of typed) score += whole.has(item) ? 2 : 1
  if (typed.length > 1 && words.join(' ').includes(typed.join(' '))) score += typed.length
  return score / (1 + Math.log10(1 + words.length))
}
