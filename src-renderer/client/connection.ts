import { ClientEvent, HttpApiEvent, SyncState, type MatrixClient } from 'matrix-js-sdk'
import { writable } from './readable.ts'
import type { Connection, Readable } from './types.ts'

const PING_MS = 1_000

/** Whether the own node answers, as the sync tells. `onReady` is called at the start and whenever it is back. */
export function createConnection(sdk: MatrixClient, clientUrl: string, onReady: () => void) {
  const connection = writable<Connection>('starting')
  let pinging = false
  let stopped = false

  /** The SDK's own pause between attempts is up to ten seconds; a node on this computer is back sooner. */
  function pingUntilBack(): void {
    if (pinging || stopped) return
    pinging = true
    const ping = (): void => {
      fetch(`${clientUrl}/_matrix/client/versions`)
        .then((response) => response.ok)
        .catch(() => false)
        .then((ok) => {
          if (stopped) return
          if (ok) {
            pinging = false
            sdk.retryImmediately()
          } else {
            setTimeout(ping, PING_MS)
          }
        })
        .catch((error: unknown) => console.error('The node could not be asked', error))
    }
    setTimeout(ping, PING_MS)
  }

  sdk.on(HttpApiEvent.SessionLoggedOut, () => connection.set('signed-out'))
  sdk.on(ClientEvent.Sync, (state) => {
    if (connection.get() === 'signed-out') return
    if (state === SyncState.Prepared || state === SyncState.Syncing) {
      const wasReady = connection.get() === 'ready'
      connection.set('ready')
      if (!wasReady) onReady()
    } else if (state === SyncState.Reconnecting || state === SyncState.Error) {
      if (connection.get() !== 'starting') connection.set('lost')
      pingUntilBack()
    }
  })

  return {
    connection: connection as Readable<Connection>,
    isReady: (): boolean => connection.get() === 'ready',
    stop(): void {
      stopped = true
    },
  }
}
