import { serverNameOf } from '../ids.ts'
import type { RoomVersionRules } from '../room-versions.ts'
import type { Decision, Pdu } from '../types.ts'
import { accept, reject } from './context.ts'

/** Rule 4 of versions 1 to 5: a server says which aliases it has; membership does not matter. */
export function checkAliases(pdu: Pdu, rules: RoomVersionRules): Decision {
  // 4.1
  if (pdu.stateKey === undefined) return reject(rules, '4.1', 'aliases without a state key')
  // 4.2
  if (pdu.stateKey !== serverNameOf(pdu.sender)) {
    return reject(rules, '4.2', 'the state key is not the sender’s server')
  }
  // 4.3
  return accept
}
