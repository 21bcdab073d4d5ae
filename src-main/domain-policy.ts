import type { ServerName } from './core/types.ts'

export interface DomainRules {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

/**
 * Federation domain control. `*` stands for any run of characters, `?` for one; the port of a name
 * does not count. What is denied stays denied; an empty allow list allows everyone else.
 */
export function createDomainPolicy(rules: DomainRules): (server: ServerName) => boolean {
  const allow = rules.allow.map(globToRegExp)
  const deny = rules.deny.map(globToRegExp)
  return (server) => {
    const host = server.replace(/:\d+$/, '').toLowerCase()
    const matches = (pattern: RegExp): boolean => pattern.test(host) || pattern.test(server.toLowerCase())
    return !deny.some(matches) && (allow.length === 0 || allow.some(matches))
  }
}

function globToRegExp(glob: string): RegExp {
  const source = glob
    .toLowerCase()
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    // A run of stars is one star: `a**********b` must not make the match slow.
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`)
}
