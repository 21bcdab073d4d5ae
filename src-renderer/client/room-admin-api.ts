import { Direction, MatrixError, Method, Visibility, type MatrixClient } from 'matrix-js-sdk'
import { z } from 'zod'
import './zod-config.ts'
import { serverOf } from './names.ts'
import type { StateContent } from './types.ts'

const versionsSchema = z.object({
  capabilities: z.object({
    'm.room_versions': z.object({ default: z.string(), available: z.record(z.string(), z.string()) }),
  }),
})
const aliasesSchema = z.object({ aliases: z.array(z.string()) })
const visibilitySchema = z.object({ visibility: z.enum(['public', 'private']) })
const upgradeSchema = z.object({ replacement_room: z.string() })
const pageSchema = z.object({
  chunk: z.array(
    z.looseObject({
      event_id: z.string(),
      sender: z.string(),
      state_key: z.string().optional(),
      unsigned: z.looseObject({ redacted_because: z.unknown().optional() }).optional(),
    }),
  ),
  end: z.string().optional(),
})

/** Somebody else was quicker: what a write was made from is not what the room says any more. */
export class ChangedMeanwhile extends Error {
  constructor() {
    super('Somebody else changed this a moment ago. Look at it once more, and save again.')
  }
}

/** A server's answer that there is no such state is an answer. */
async function orNone<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === 'M_NOT_FOUND') return undefined
    throw error
  }
}

const MOST_PATIENCE_MS = 60_000

/** A server that asks to wait a moment is waited for. */
async function patiently<T>(action: () => Promise<T>): Promise<T> {
  for (let waited = 0; ;) {
    try {
      return await action()
    } catch (error) {
      const wait = error instanceof MatrixError && error.isRateLimitError() ? error.getRetryAfterMs() : null
      if (wait === null || waited > MOST_PATIENCE_MS) throw error
      const ms = Math.min(Math.max(wait, 100), 10_000)
      waited += ms
      await new Promise((resolve) => setTimeout(resolve, ms))
    }
  }
}

/** In any order of keys. */
function isSameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))]
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && isSameJson(value, right.get(key)))
  )
}

/** What the settings of a room ask of the server. Each promise rejects with its error. */
export function createRoomAdminApi(sdk: MatrixClient, upload: (file: Blob, name: string) => Promise<string>) {
  const path = (roomId: string): string => `/rooms/${encodeURIComponent(roomId)}`

  return {
    uploadPicture: async (file: File): Promise<string> => await upload(file, file.name),

    /** Writes state with an empty key, unless somebody else has changed it: rejects with `ChangedMeanwhile` then. */
    writeState: async (
      roomId: string,
      type: string,
      content: StateContent,
      basedOn: StateContent | undefined,
    ): Promise<void> => {
      const now = await orNone(sdk.getStateEvent(roomId, type, ''))
      if (!isSameJson(now ?? {}, basedOn ?? {})) throw new ChangedMeanwhile()
      await sdk.sendStateEvent(roomId, type as never, content as never, '')
    },

    /** The room's addresses at the own server. */
    localAliases: async (roomId: string): Promise<readonly string[]> =>
      aliasesSchema.parse(await sdk.getLocalAliases(roomId)).aliases.toSorted(),
    addAlias: async (roomId: string, localpart: string): Promise<string> => {
      const alias = `#${localpart}:${serverOf(sdk.getSafeUserId())}`
      await sdk.createAlias(alias, roomId)
      return alias
    },
    removeAlias: async (alias: string): Promise<void> => {
      await sdk.deleteAlias(alias)
    },
    /** Does the own server list the room in its directory? */
    isListed: async (roomId: string): Promise<boolean> =>
      visibilitySchema.parse(await sdk.getRoomDirectoryVisibility(roomId)).visibility === 'public',
    setListed: async (roomId: string, listed: boolean): Promise<void> => {
      await sdk.setRoomDirectoryVisibility(roomId, listed ? Visibility.Public : Visibility.Private)
    },

    /** The version that new rooms have, and all that the server knows. */
    roomVersions: async (): Promise<{ newest: string; known: readonly string[] }> => {
      const answer = versionsSchema.parse(await sdk.http.authedRequest<unknown>(Method.Get, '/capabilities'))
      const versions = answer.capabilities['m.room_versions']
      return { newest: versions.default, known: Object.keys(versions.available) }
    },
    /** Resolves to the id of the room that replaces it. */
    /** `creators` are those of the new room beside oneself, where its version has such. */
    upgradeRoom: async (roomId: string, version: string, creators: readonly string[]): Promise<string> => {
      const answer = await sdk.http.authedRequest<unknown>(
        Method.Post,
        `${path(roomId)}/upgrade`,
        undefined,
        { new_version: version, ...(creators.length === 0 ? {} : { additional_creators: creators }) },
      )
      return upgradeSchema.parse(answer).replacement_room
    },

    /**
     * Redacts what somebody has sent since a moment, newest first, and tells how many so far. Stops with the first
     * error, or when `signal` says so. `since` is in milliseconds since the epoch.
     */
    redactSince: async (
      roomId: string,
      userId: string,
      since: number,
      options: {
        reason?: string | undefined
        signal: AbortSignal
        onProgress: (count: number) => void
      },
    ): Promise<number> => {
      let from: string | undefined
      let count = 0
      do {
        const page = pageSchema.parse(
          await sdk.http.authedRequest<unknown>(Method.Get, `${path(roomId)}/messages`, {
            dir: Direction.Backward,
            limit: 100,
            filter: JSON.stringify({ senders: [userId] }),
            ...(from === undefined ? {} : { from }),
          }),
        )
        for (const event of page.chunk) {
          const ts: unknown = event['origin_server_ts']
          if (typeof ts === 'number' && ts < since) return count
          const gone = event.unsigned?.redacted_because !== undefined
          if (event.sender !== userId || event.state_key !== undefined || gone) continue
          if (options.signal.aborted) return count
          await patiently(
            async () =>
              await sdk.redactEvent(
                roomId,
                event.event_id,
                undefined,
                options.reason === undefined ? {} : { reason: options.reason },
              ),
          )
          options.onProgress(++count)
        }
        from = page.chunk.length === 0 ? undefined : page.end
      } while (from !== undefined && !options.signal.aborted)
      return count
    },

    /** Tells the administrator of the own server (CS API, "Reporting content"). */
    report: async (
      what: { roomId: string; eventId?: string } | { userId: string },
      reason: string,
    ): Promise<void> => {
      const about = 'userId' in what ? `/users/${encodeURIComponent(what.userId)}` : path(what.roomId)
      const event =
        'eventId' in what && what.eventId !== undefined ? `/${encodeURIComponent(what.eventId)}` : ''
      await sdk.http.authedRequest(Method.Post, `${about}/report${event}`, undefined, { reason })
    },
  }
}
