/** The pattern of a server ACL: `*` for any characters, `?` for one (CS API, `m.room.server_acl`). */
export function matchesServer(pattern: string, serverName: string): boolean {
  // A port is no part of what is compared.
  const host = serverName.replace(/:\d{1,5}$/u, '').toLowerCase()
  return matches(pattern.toLowerCase(), host)
}

/** Step by step and not as a regular expression, which many stars would bring to a standstill. */
function matches(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let resume = 0
  let index = 0
  while (index < text.length) {
    if (pattern[at] === '*') {
      star = at++
      resume = index
    } else if (pattern[at] === '?' || pattern[at] === text[index]) {
      at++
      index++
    } else if (star !== -1) {
      at = star + 1
      index = ++resume
    } else {
      return false
    }
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

/** Why a pattern may not be added to those that are shut out. */
export function aclProblem(pattern: string, ownServer: string): string | undefined {
  if (!/^[\w.*?:[\]-]{1,255}$/u.test(pattern))
    return 'A server’s name looks like spam.example; * stands for anything.'
  if (/\D:\d{1,5}$/u.test(pattern)) return 'Leave the port out: it does not count.'
  return matchesServer(pattern, ownServer)
    ? 'This would shut out your own Hearth, and nobody here could undo it.'
    : undefined
}
