import { useCallback, useSyncExternalStore } from 'react'
import { createDrafts, type Drafts } from './drafts.ts'
import { useServices } from './use-client.ts'

const known = new Map<string, Drafts>()

/** The drafts of the account that is signed in. */
export function useDrafts(): Drafts {
  const { userId } = useServices().client
  let drafts = known.get(userId)
  if (drafts === undefined) known.set(userId, (drafts = createDrafts(localStorage, userId)))
  return drafts
}

/** The beginning of what was written in a room but not sent; empty for nothing. */
export function useDraftText(roomId: string): string {
  const drafts = useDrafts()
  const read = useCallback(
    () => drafts.get({ roomId, threadId: undefined, kind: 'new' }).text.trim().slice(0, 200),
    [drafts, roomId],
  )
  return useSyncExternalStore(drafts.subscribe, read)
}
