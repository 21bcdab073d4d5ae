import type { StateContent } from '../client/types.ts'
import { isServerName } from './addresses.ts'
import { object, text } from './event-text.ts'

/** `m.room.policy` as far as it says something; what lacks either counts as no policy server (CS API, "Policy Servers"). */
export interface Policy {
  readonly server: string
  /** Ed25519, unpadded base64. */
  readonly key: string
}

export function policyIn(content: StateContent | undefined): Policy | undefined {
  const server = text(content?.['via'])
  const key = text(object(content?.['public_keys'])['ed25519'])
  return server === undefined || key === undefined ? undefined : { server, key }
}

/** As people copy it: padded or not, in either alphabet of base64. Undefined where it is no key. */
export function readKey(typed: string): string | undefined {
  const key = typed.trim().replace(/=$/u, '').replaceAll('-', '+').replaceAll('_', '/')
  return /^[A-Za-z0-9+/]{43}$/u.test(key) ? key : undefined
}

/** Why this server cannot be the one; undefined where it can. */
export function serverProblem(server: string, own: string): string | undefined {
  if (!isServerName(server)) return 'This is not the name of a server. It looks like policy.example.org.'
  return server === own
    ? 'Your own Hearth is no policy server: nobody could send anything in the room.'
    : undefined
}
