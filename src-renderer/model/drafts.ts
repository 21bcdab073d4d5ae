const PREFIX = 'hearth.draft.'

/** What was written but not sent, per room; survives a restart. */
export function createDrafts(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
  return {
    get: (roomId: string): string => storage.getItem(PREFIX + roomId) ?? '',
    set(roomId: string, text: string): void {
      try {
        if (text === '') storage.removeItem(PREFIX + roomId)
        else storage.setItem(PREFIX + roomId, text)
      } catch (error) {
        // A full storage must not stop somebody from typing.
        console.warn('The draft could not be kept', error)
      }
    },
  }
}
export type Drafts = ReturnType<typeof createDrafts>
