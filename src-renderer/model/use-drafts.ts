import { useCallback, useSyncExternalStore } from 'react'
import { createDrafts, type Drafts } from './drafts.ts'
import { useServices } from './use-client.ts'

const WRITE_AFTER_MS = 250
const known = new Map<string, Drafts>()

/** The drafts of the account that is signed in. */
export function useDrafts(): Drafts {
  const { userId } = useServices().client
  let drafts = known.get(userId)
  if (drafts === undefined) known.set(userId, (drafts = openDrafts(userId)))
  return drafts
}

/** For as long as the page lives. */
function openDrafts(userId: string): Drafts {
  const drafts = createDrafts(localStorage, userId, (write) => setTimeout(write, WRITE_AFTER_MS))
  window.addEventListener('pagehide', drafts.flush)
  document.addEventListener('visibilitychange', drafts.flush)
  window.addEventListener('storage', (event) => drafts.changed(event.key))
  return drafts
}

/** The beginning of what was written in a room but not sent; empty for nothing. */
export function useDraftText(roomId: string): string {
  const drafts = useDrafts()
  const read = useCallback(
    () =>
      drafts
        .get({ roomId, threadId: undefined, kind: 'new' })
        .text.slice(0, 200)
        .replaceAll(/\s+/gu, ' ')
        .trim(),
    [drafts, roomId],
  )
  return useSyncExternalStore(drafts.subscribe, read)
}
