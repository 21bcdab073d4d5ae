import type { JsonObject } from '../core/types.ts'

/** Hearth asks Hearth whether it is reached under its name; in no specification, so under a prefix of its own. */
export const LOOK_BACK_PATH = '/_matrix/federation/unstable/org.hearth/look_back'

/** How far another server came on its way to a name. */
export interface LookBackAnswer extends JsonObject {
  /** All the way, at one address at least: connected, certificate valid, version and keys answered. */
  readonly reachable: boolean
  /** Where the way ended: `address`, `port`, `certificate`, `version`. */
  readonly failed_step: string | null
  /** Such as `ECONNREFUSED`. */
  readonly code: string | null
}
