import type { PowerLevels } from '../power-levels.ts'
import type { RoomVersionRules } from '../room-versions.ts'
import type { Decision, Pdu } from '../types.ts'
import type { RuleNumbers } from './rule-numbers.ts'

export type StateLookup = (type: string, stateKey: string) => Pdu | undefined

/** What the rules after the third look at. */
export interface AuthContext {
  readonly pdu: Pdu
  readonly rules: RoomVersionRules
  readonly numbers: RuleNumbers
  readonly getState: StateLookup
  readonly create: Pdu
  readonly levels: PowerLevels
}

export const accept: Decision = { verdict: 'accept' }

export function reject(rules: RoomVersionRules, number: string, reason: string): Decision {
  return { verdict: 'reject', rule: `v${rules.id} auth rule ${number}`, reason }
}
