import { MatrixError } from '../../http/errors.ts'

/** Memory that the bodies of requests may take together, from the first byte read until the request is answered. */
export interface BodyBudget {
  /** One request's account. `add` throws `MatrixError` 429 where too much is taken already; `end` gives all back. */
  open(who: string): { add(bytes: number): void; end(): void }
}

const RETRY_AFTER_MS = 1_000

/**
 * Bodies are read before it is known who sends them, as the signature covers them: so that strangers who all send
 * the largest that is allowed cannot fill the memory, there is a limit for each address, and for all together.
 */
export function createBodyBudget(limits: { readonly ofOne: number; readonly ofAll: number }): BodyBudget {
  const taken = new Map<string, number>()
  let all = 0
  return {
    open(who) {
      let own = 0
      return {
        add(bytes) {
          const before = taken.get(who) ?? 0
          // A request that is alone is never refused.
          if (before > own && before + bytes > limits.ofOne) throw full()
          if (all > own && all + bytes > limits.ofAll) throw full()
          own += bytes
          all += bytes
          taken.set(who, before + bytes)
        },
        end() {
          all -= own
          const left = (taken.get(who) ?? 0) - own
          if (left > 0) taken.set(who, left)
          else taken.delete(who)
          own = 0
        },
      }
    },
  }
}

function full(): MatrixError {
  return new MatrixError(
    429,
    'M_LIMIT_EXCEEDED',
    'Too many large requests at once; try again a little later.',
    {
      retry_after_ms: RETRY_AFTER_MS,
    },
  )
}
