import { z } from 'zod'

const KEY = 'hearth.folded-spaces'
const schema = z.array(z.string())

/** The spaces whose rooms this window does not list. */
export function loadFolded(): ReadonlySet<string> {
  try {
    return new Set(schema.parse(JSON.parse(localStorage.getItem(KEY) ?? '[]')))
  } catch (error) {
    console.warn('Which spaces are folded could not be read', error)
    return new Set()
  }
}

export function saveFolded(folded: ReadonlySet<string>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify([...folded].slice(0, 200)))
  } catch (error) {
    // Nothing is lost but the look of the list at the next start.
    console.warn('Which spaces are folded could not be kept', error)
  }
}
