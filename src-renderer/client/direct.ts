/** The account data `m.direct` (Client-Server API, "Direct Messaging"): user id -> room ids. */
export type DirectMap = Readonly<Record<string, readonly string[]>>

/** Reads account data that any client may have written: what is not a list of strings is left out. */
export function parseDirect(content: unknown): DirectMap {
  if (typeof content !== 'object' || content === null) return {}
  const entries: [string, string[]][] = []
  for (const [userId, rooms] of Object.entries(content)) {
    if (!userId.startsWith('@') || !Array.isArray(rooms)) continue
    entries.push([userId, rooms.filter((room): room is string => typeof room === 'string')])
  }
  return Object.fromEntries(entries)
}

export function directPartner(direct: DirectMap, roomId: string): string | undefined {
  return Object.keys(direct).find((userId) => direct[userId]?.includes(roomId))
}

export function withDirect(direct: DirectMap, userId: string, roomId: string): DirectMap {
  if (direct[userId]?.includes(roomId)) return direct
  return { ...direct, [userId]: [...(direct[userId] ?? []), roomId] }
}

export function withoutRoom(direct: DirectMap, roomId: string): DirectMap {
  return Object.fromEntries(
    Object.entries(direct)
      .map(([userId, rooms]) => [userId, rooms.filter((room) => room !== roomId)] as const)
      .filter(([, rooms]) => rooms.length > 0),
  )
}
