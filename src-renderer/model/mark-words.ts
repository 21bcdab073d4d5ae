export interface MarkedPart {
  readonly text: string
  readonly marked: boolean
}

const MOST_WORDS = 20

/** Splits a text at the words a search found, whatever their case and accents. */
export function markWords(text: string, words: readonly string[]): MarkedPart[] {
  const wanted = words
    .slice(0, MOST_WORDS)
    .map(fold)
    .filter((word) => word !== '')
  if (wanted.length === 0) return [{ text, marked: false }]
  // Folded character by character, so that places in the folded text are places in the text.
  const characters = Array.from(text)
  const folded = characters.map((character) => fold(character).slice(0, 1) || character)
  const haystack = folded.join('')
  // Characters beyond the first plane take two units: without them, both are the same length.
  if (haystack.length !== characters.length) return [{ text, marked: false }]
  const marked = Array.from({ length: characters.length }, () => false)
  for (const word of wanted) {
    for (let at = haystack.indexOf(word); at !== -1; at = haystack.indexOf(word, at + word.length)) {
      marked.fill(true, at, at + word.length)
    }
  }
  const parts: MarkedPart[] = []
  characters.forEach((character, index) => {
    const last = parts.at(-1)
    const now = marked[index] === true
    if (last?.marked === now) parts[parts.length - 1] = { text: last.text + character, marked: now }
    else parts.push({ text: character, marked: now })
  })
  return parts
}

/** Without case and accents, for comparing. */
export function fold(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
}
