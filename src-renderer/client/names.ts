/** The server part of a user or room id: everything after the first colon, for `host:port` names too. */
export function serverOf(id: string): string {
  const colon = id.indexOf(':')
  return colon === -1 ? '' : id.slice(colon + 1)
}

const KEY_NAME = /^([a-z2-7]{56})\.local$/

/** Is the server named by its key, so that no domain leads to it? */
export function isKeyName(serverName: string): boolean {
  return KEY_NAME.test(serverName)
}

/** First eight characters of a key-derived name, or the server's name itself. */
export function fingerprintOf(serverName: string): string {
  return KEY_NAME.exec(serverName)?.[1]?.slice(0, 8) ?? serverName
}

/** A name for somebody who has told none. People are not shown ids unless they ask. */
export function fallbackName(userId: string): string {
  const server = serverOf(userId)
  if (KEY_NAME.test(server)) return `Someone (${fingerprintOf(server)})`
  const local = userId.slice(1, Math.max(1, userId.indexOf(':')))
  return local === '' ? userId : local
}

/** Control and direction-overriding characters in a name could make it look like another's. */
export function cleanName(name: string | undefined | null): string | undefined {
  const clean = name
    ?.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => (char === '\u200d' ? char : ''))
    .trim()
  return clean === undefined || clean === '' ? undefined : clean.slice(0, 100)
}
