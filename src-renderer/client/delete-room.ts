import type { MatrixClient } from 'matrix-js-sdk'
import type { PrivateApi } from './private-api.ts'

/**
 * Leaves a room for good, and takes it from the own node's disk; with `redact` what one wrote there is deleted for
 * everybody before. Resolves to whether that is done already: a long history takes the node longer. Rejects with
 * a sentence.
 */
export function createDeleteRoom(
  sdk: MatrixClient,
  api: PrivateApi,
  left: (roomId: string) => Promise<void>,
) {
  return async (roomId: string, redact: boolean): Promise<boolean> => {
    const answer = await api.deleteRoom(roomId, redact)
    if (!answer.ok) {
      const silent = 'Hearth does not answer. Is it still running?'
      const refused = 'This server cannot delete rooms.'
      throw new Error(answer.words ?? (answer.reason === 'unreachable' ? silent : refused))
    }
    if (!answer.value) return false
    await left(roomId)
    // The node tells nothing more of it, so that the SDK would go on showing it.
    await sdk.forget(roomId)
    return true
  }
}
