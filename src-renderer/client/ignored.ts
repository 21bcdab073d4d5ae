import { ClientEvent, EventType, type MatrixClient } from 'matrix-js-sdk'
import { asObject } from './raw-event.ts'
import { derived } from './readable.ts'
import type { Readable } from './types.ts'

/** Whose messages and invitations one does not want to see (CS API, "Ignoring Users"). */
export function createIgnored(sdk: MatrixClient) {
  const ignored = derived<ReadonlySet<string>>(() => {
    const content: unknown = sdk.getAccountData(EventType.IgnoredUserList)?.getContent()
    return new Set(Object.keys(asObject(asObject(content)?.['ignored_users']) ?? {}))
  })
  sdk.on(ClientEvent.AccountData, (event) => {
    if (event.getType() === (EventType.IgnoredUserList as string)) ignored.invalidate()
  })
  return {
    ignored: ignored as Readable<ReadonlySet<string>>,
    setIgnored: async (userId: string, on: boolean): Promise<void> => {
      const others = [...ignored.get()].filter((each) => each !== userId)
      await sdk.setIgnoredUsers(on ? [...others, userId] : others)
    },
  }
}
