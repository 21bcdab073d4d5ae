import { MatrixError, type MatrixClient } from 'matrix-js-sdk'
import { parseDomainCheck, type DomainCheck } from './domain-check.ts'
import { fallbackName, fingerprintOf, serverOf } from './names.ts'
import type { PrivateAnswer, PrivateApi } from './private-api.ts'
import { writable } from './readable.ts'
import type { Person, Readable } from './types.ts'

const FIRST_RUN = 'dev.hearth.first_run'

/** The value of an answer of the node's own API; else its words, or ours. */
function orThrow<T>(answer: PrivateAnswer<T>, refused: string): T {
  if (answer.ok) return answer.value
  const words = answer.reason === 'unreachable' ? 'Hearth does not answer. Is it still running?' : refused
  throw new Error(answer.words ?? words)
}

/** One's own name, picture and node. Promises reject with errors that `describeError` puts into words. */
export function createAccount(
  sdk: MatrixClient,
  api: PrivateApi,
  upload: (file: Blob, name: string) => Promise<string>,
  refreshNearby: () => Promise<void>,
) {
  const userId = sdk.getSafeUserId()
  const profile = writable<Person>({ userId, name: fallbackName(userId), avatarMxc: undefined })

  async function refreshProfile(): Promise<void> {
    const answer = await sdk
      .getProfileInfo(userId)
      .catch(() => ({ displayname: undefined, avatar_url: undefined }))
    profile.set({
      userId,
      name: answer.displayname ?? fallbackName(userId),
      avatarMxc: answer.avatar_url ?? undefined,
    })
  }

  return {
    profile: profile as Readable<Person>,
    refreshProfile,
    async setProfile(change: { name?: string; picture?: File }): Promise<void> {
      if (change.picture !== undefined) {
        await sdk.setAvatarUrl(await upload(change.picture, change.picture.name))
      }
      if (change.name !== undefined) await sdk.setDisplayName(change.name)
      await refreshProfile()
    },
    signOut: async (): Promise<void> => {
      try {
        await sdk.logout(true)
      } catch (error) {
        // Signed out already, from elsewhere or with the account.
        if (!(error instanceof MatrixError) || error.httpStatus !== 401) throw error
      }
    },

    /** Has the person been through the first run, here or on another device? Only true answers once `ready`. */
    isFirstRunDone: (): boolean => {
      const done = sdk.getAccountData(FIRST_RUN as never)?.getContent() as { done?: unknown } | undefined
      return done?.done === true || sdk.getRooms().some((room) => room.getMyMembership() === 'join')
    },
    finishFirstRun: async (): Promise<void> => {
      await sdk.setAccountData(FIRST_RUN as never, { done: true } as never)
    },

    getSettings: api.getSettings,
    patchSettings: api.patchSettings,
    networkInterfaces: async () => await api.networkInterfaces(),
    /** Goes the way that other servers come, which takes some seconds. */
    checkDomain: async (): Promise<DomainCheck> => {
      const value = orThrow(await api.domainCheck(), 'Only the owner of this Hearth may do this.')
      const check = parseDomainCheck(value)
      if (check === undefined) throw new Error('Hearth gave an answer that this page does not understand.')
      return check
    },
    /** The node signs with a new key from now on. */
    rotateKey: async (): Promise<void> => {
      orThrow(await api.rotateKey(), 'Only the owner of this Hearth may do this.')
    },
    /** The identity, encrypted, as a file to keep. */
    backupIdentity: async (passphrase: string): Promise<{ name: string; content: Blob }> => {
      const value = orThrow(
        await api.backupIdentity(passphrase),
        'Only the owner of this Hearth may do this.',
      )
      const fingerprint = fingerprintOf(serverOf(userId)).replaceAll(/[^\w.-]+/g, '-')
      return {
        name: `hearth-identity-${fingerprint}.json`,
        content: new Blob([JSON.stringify(value, undefined, 2), '\n'], { type: 'application/json' }),
      }
    },
    /** Adds a node by its address, for networks on which discovery does not find it. */
    addPeer: async (serverName: string, address: string): Promise<void> => {
      orThrow(await api.addPeer(serverName, address), 'Only the owner of this Hearth may add somebody.')
      await refreshNearby()
    },
  }
}
