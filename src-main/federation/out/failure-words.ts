import { ownString } from '../../core/json.ts'
import type { RemoteError } from '../../rooms/ports.ts'

const MOST_SAID = 300

/** Why another server did not take a transaction, for people; the log has the details. */
export function failureWords(error: RemoteError): string {
  const { status } = error
  if (status === undefined) return 'The other server cannot be reached.'
  if (status === 429) return 'The other server asks to wait.'
  const said = ownString(error.body, 'error')?.replace(/\p{C}/gu, ' ').slice(0, MOST_SAID)
  if (status === 403 && said !== undefined) return `The other server says: ${said}`
  if (status === 401 || status === 403) {
    const refuses = 'The other server does not take messages from this one.'
    // What it could not verify, and why: a clock that is wrong, say.
    return said === undefined ? refuses : `${refuses} It says: ${said}`
  }
  if (status === 404 || status === 405) return 'At that address there is no server that takes messages.'
  if (status >= 500) return 'The other server has a problem of its own.'
  return 'The other server gave an answer that makes no sense.'
}
