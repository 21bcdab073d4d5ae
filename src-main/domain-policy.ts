import { matcher } from './core/glob.ts'
import type { ServerName } from './core/types.ts'

export interface DomainRules {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

export interface DomainPolicy {
  readonly rules: DomainRules
  /** Asked for every request and every event of another server. */
  readonly allowed: (server: ServerName) => boolean
  /** Counts from the next question on. */
  set(rules: DomainRules): void
}

/** Anybody can make this server ask for any name. */
const MAX_REMEMBERED = 10_000

/**
 * Federation domain control. `*` stands for any run of characters, `?` for one; the port of a name
 * does not count. What is denied stays denied; an empty allow list allows everyone else. This server
 * itself is never denied.
 */
export function createDomainPolicy(initial: DomainRules, self?: ServerName): DomainPolicy {
  const answers = new Map<ServerName, boolean>()
  let rules = initial
  let decide = compile(initial)
  return {
    get rules() {
      return rules
    },
    allowed(server) {
      if (server === self) return true
      let answer = answers.get(server)
      if (answer === undefined) {
        if (answers.size >= MAX_REMEMBERED) answers.clear()
        answer = decide(server)
        answers.set(server, answer)
      }
      return answer
    },
    set(next) {
      rules = next
      decide = compile(next)
      answers.clear()
    },
  }
}

function compile(rules: DomainRules): (server: ServerName) => boolean {
  const allow = rules.allow.map(matcher)
  const deny = rules.deny.map(matcher)
  return (server) => {
    const host = server.replace(/:\d+$/, '')
    const matches = (glob: (text: string) => boolean): boolean => glob(host) || glob(server)
    return !deny.some(matches) && (allow.length === 0 || allow.some(matches))
  }
}
