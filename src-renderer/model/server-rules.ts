/** The owner's lists of servers: what is denied stays denied, an empty list of allowed ones allows everyone else. */
export interface ServerRules {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

/** What is wrong with an entry, in words; undefined for one that the node takes. */
export function describeGlobError(text: string, known: readonly string[]): string | undefined {
  if (known.includes(text.toLowerCase())) return 'It is in the list already.'
  if (/^[a-z0-9.:[\]*?-]{1,255}$/i.test(text)) return undefined
  return /[/@#]/.test(text)
    ? 'Only the name of the server, without the rest of an address: example.org'
    : 'The name of a server looks like example.org; * stands for any part of it.'
}

/** `*` is any run of characters, `?` is one; the port of a name does not count. */
export function matchesGlob(glob: string, serverName: string): boolean {
  const parts = glob
    .toLowerCase()
    .split(/\*+/)
    .map((part) => part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('?', '.'))
  const pattern = new RegExp(`^${parts.join('.*')}$`)
  const name = serverName.toLowerCase()
  return pattern.test(name) || pattern.test(name.replace(/:\d+$/, ''))
}

export function isServerAllowed(rules: ServerRules, serverName: string): boolean {
  const matches = (glob: string): boolean => matchesGlob(glob, serverName)
  return !rules.deny.some(matches) && (rules.allow.length === 0 || rules.allow.some(matches))
}
