import { unwatchFile, watchFile } from 'node:fs'
import type { ServerName } from './core/types.ts'
import type { DomainPolicy, DomainRules } from './domain-policy.ts'
import type { InterfaceChoice } from './interface-choice.ts'
import { asOptions, checkOptions } from './options.ts'
import { settingKeys, type Settings, type SettingsDocument } from './storage/documents/settings.ts'
import type { Logger } from './trace/log.ts'

/** Keys that count from the moment they are set; the others at the next start. */
const LIVE = new Set<string>([
  'visible_nearby',
  'link_previews',
  'presence',
  'trace',
  'allow_domain',
  'deny_domain',
  'interface',
  'well_known_server',
  'well_known_client',
])
const LOOK_EVERY_MS = 1_000

export interface LiveSettings {
  /** Sets the keys of `change`; undefined removes one. Throws `OptionError`, `ZodError`, `DocumentError`. */
  update(change: Readonly<Record<string, unknown>>): void
  /** Changed since the start, and of no effect before the next one. */
  restartNeeded(): string[]
  /** Why what somebody wrote into the file does not count, in words for people. */
  problem(): string | undefined
  /** Looks after the file, as people edit it by hand. */
  follow(): void
  stop(): void
}

interface LiveSettingsParts {
  readonly settings: SettingsDocument
  readonly policy: DomainPolicy
  readonly interfaces: Pick<InterfaceChoice, 'set'>
  readonly log: Logger
  /** Servers for which another rule is news: those in rooms, those that something waits for, those nearby. */
  readonly knownServers: () => Iterable<ServerName>
  readonly rulesChanged: (change: { allowed: readonly ServerName[]; denied: readonly ServerName[] }) => void
  readonly interfacesChosen: () => void
  readonly changed: () => void
}

/**
 * `settings.json` while the node runs: what the private API sets, and what people write into the file,
 * take effect at once where they can. The command line goes over the file at the start; a change of the
 * file after it goes over the command line.
 */
export function createLiveSettings(parts: LiveSettingsParts): LiveSettings {
  const { settings, policy, log } = parts
  const atStart = { ...settings.data }
  let problem: string | undefined

  function apply(before: Settings): void {
    const after = settings.data
    const rules: DomainRules = {
      allow: same(before.allow_domain, after.allow_domain) ? policy.rules.allow : (after.allow_domain ?? []),
      deny: same(before.deny_domain, after.deny_domain) ? policy.rules.deny : (after.deny_domain ?? []),
    }
    if (!same(rules, policy.rules)) setRules(rules)
    if (!same(before.interface, after.interface)) {
      parts.interfaces.set(after.interface ?? [])
      log.note('interfaces chosen', { interfaces: (after.interface ?? []).join(', ') })
      parts.interfacesChosen()
    }
    parts.changed()
  }

  function setRules(rules: DomainRules): void {
    const known = [...new Set(parts.knownServers())]
    const before = known.map((server) => policy.allowed(server))
    policy.set(rules)
    const turned = (to: boolean): ServerName[] =>
      known.filter((server, index) => policy.allowed(server) === to && before[index] !== to)
    const change = { allowed: turned(true), denied: turned(false) }
    log.note('allowed servers changed', {
      allow: rules.allow.join(' '),
      deny: rules.deny.join(' '),
      nowAllowed: change.allowed.length,
      nowDenied: change.denied.length,
    })
    parts.rulesChanged(change)
  }

  /** Takes over what is in the file, when it is another and usable. */
  function reload(): void {
    const before = settings.data
    if (!settings.reload(check)) return
    apply(before)
  }

  function look(): void {
    try {
      reload()
      problem = undefined
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (problem === message) return
      problem = message
      log.note('settings not taken over', { error: message }, 'warn')
    }
    const waiting = restartNeeded()
    if (waiting.length > 0)
      log.note('settings changed that count at the next start', { keys: waiting.join(', ') }, 'warn')
  }

  function check(data: Settings): void {
    checkOptions(asOptions(data), (key) => `"${key}" in ${settings.path}`)
  }

  function restartNeeded(): string[] {
    return settingKeys.filter((key) => !LIVE.has(key) && !same(atStart[key], settings.data[key]))
  }

  return {
    update(change) {
      // Somebody may be in the middle of editing the file: it is not written over while it cannot be read.
      reload()
      const before = settings.data
      checkOptions(asOptions({ ...before, ...change }), (key) => key)
      settings.update(change)
      problem = undefined
      apply(before)
    },
    restartNeeded,
    problem: () => problem,
    follow() {
      watchFile(settings.path, { interval: LOOK_EVERY_MS, persistent: false }, look)
    },
    stop() {
      unwatchFile(settings.path, look)
    },
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
