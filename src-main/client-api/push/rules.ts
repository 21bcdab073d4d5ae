import type { Json, JsonObject, UserId } from '../../core/types.ts'
import type { AccountStore } from '../ports.ts'
import { defaultRules } from './default-rules.ts'

export const ruleKinds = ['override', 'content', 'room', 'sender', 'underride'] as const
export type RuleKind = (typeof ruleKinds)[number]

export type PushCondition = { kind: string; key?: string; pattern?: string; is?: string; value?: Json }
export type PushAction = string | { set_tweak: string; value?: Json }

export type PushRule = {
  rule_id: string
  default: boolean
  enabled: boolean
  actions: PushAction[]
  conditions?: PushCondition[]
  pattern?: string
}
export type Ruleset = Record<RuleKind, PushRule[]>

/** Push rules of each user: kept as their `m.push_rules` account data, defaults under it. */
export interface PushRules {
  get(user: UserId): Ruleset
  /** As the `m.push_rules` event's content. */
  content(user: UserId): JsonObject
  put(user: UserId, rules: Ruleset): void
  /** Changes with every `put` of this user; caches of evaluations hang on it. */
  version(user: UserId): number
}

const MAX_CACHED = 1_000

export function createPushRules(accounts: AccountStore): PushRules {
  const cache = new Map<UserId, Ruleset>()
  const versions = new Map<UserId, number>()

  const load = (user: UserId): Ruleset => {
    const defaults = defaultRules(user)
    const stored = accounts.accountData(user, undefined, 'm.push_rules')?.['global'] as Ruleset | undefined
    if (stored === undefined) return defaults
    // Rules that a newer version of the server brings are added to what was stored earlier.
    const merged: Ruleset = { ...defaults }
    for (const kind of ruleKinds) {
      const own = stored[kind] ?? []
      const missing = defaults[kind].filter((rule) => !own.some((r) => r.rule_id === rule.rule_id))
      merged[kind] = [...own, ...missing]
    }
    return merged
  }

  const get = (user: UserId): Ruleset => {
    let rules = cache.get(user)
    if (rules === undefined) {
      rules = load(user)
      if (cache.size >= MAX_CACHED) cache.clear()
      cache.set(user, rules)
    }
    return rules
  }

  return {
    get,
    content: (user) => ({ global: get(user) as unknown as JsonObject }),
    put(user, rules) {
      accounts.putAccountData(user, undefined, 'm.push_rules', { global: rules as unknown as JsonObject })
      cache.set(user, rules)
      versions.set(user, (versions.get(user) ?? 0) + 1)
    },
    version: (user) => versions.get(user) ?? 0,
  }
}
