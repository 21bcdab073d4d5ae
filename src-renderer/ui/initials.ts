/** One or two letters for a picture that is not there. */
export function initials(name: string): string {
  const words = name
    .replace(/[^\p{L}\p{N}\s]/gu, ' ')
    .trim()
    .split(/\s+/u)
    .filter((word) => word !== '')
  const first = firstLetter(words[0])
  const last = words.length > 1 ? firstLetter(words.at(-1)) : ''
  return (first + last).toLocaleUpperCase() || '?'
}

function firstLetter(word: string | undefined): string {
  const [letter] = word === undefined ? [] : new Intl.Segmenter().segment(word)
  return letter?.segment ?? ''
}

export const AVATAR_COLOURS = 10

/** The same id has the same colour everywhere and always (FNV-1a over its characters). */
export function colourIndex(id: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index++) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) % AVATAR_COLOURS
}
