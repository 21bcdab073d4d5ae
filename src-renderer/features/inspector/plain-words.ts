import type { Names } from './use-names.ts'

const LABEL = '[A-Za-z0-9-]+'
const HOST = `${LABEL}(?:\\.${LABEL})*(?::\\d{1,5})?`
/** Ids of people, and names of servers that are keys: what nobody reads. */
const IDS = new RegExp(`@[A-Za-z0-9._=/+-]*:${HOST}|\\b[a-z2-7]{50,}\\.local\\b`, 'gu')

/** A sentence of the node with people and Hearths called by their names. */
export function plainWords(text: string, names: Pick<Names, 'user' | 'server'>): string {
  return text.replaceAll(IDS, (id) => (id.startsWith('@') ? names.user(id) : names.server(id)))
}
