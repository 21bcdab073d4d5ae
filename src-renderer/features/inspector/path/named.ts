import type { Names } from '../use-names.ts'

const KEY_NAMES = /\b[a-z2-7]{56}\.local\b/g
const USERS = /@[^\s:]+:[^\s]*[^\s.,:;]/g

/** The node's words, with people and their computers by the names that are known of them. */
export function named(words: string, names: Names): string {
  return words
    .replaceAll(USERS, (user) => names.user(user))
    .replaceAll(KEY_NAMES, (server) => names.server(server))
}
