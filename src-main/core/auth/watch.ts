import type { Pdu } from '../types.ts'
import type { StateLookup } from './context.ts'

/** Remembers which events the rules looked at, for whoever explains their verdict. */
export class Watch {
  readonly seen = new Set<Pdu>()

  readonly over =
    (lookup: StateLookup): StateLookup =>
    (type, stateKey) => {
      const found = lookup(type, stateKey)
      if (found !== undefined) this.seen.add(found)
      return found
    }
}
