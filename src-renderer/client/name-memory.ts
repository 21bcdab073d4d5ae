import { cleanName } from './names.ts'

/** Enough for the members of many large rooms. */
const MOST_NAMES = 20_000

/** What people were called when they were last in a room: a ban that follows a departure says no name any more. */
export function createNameMemory() {
  const names = new Map<string, string>()
  return {
    note(userId: string, name: unknown): void {
      const clean = typeof name === 'string' ? cleanName(name) : undefined
      if (clean === undefined || userId.length > 255) return
      names.delete(userId)
      names.set(userId, clean)
      const [oldest] = names.keys()
      if (names.size > MOST_NAMES && oldest !== undefined) names.delete(oldest)
    },
    get: (userId: string): string | undefined => names.get(userId),
  }
}
