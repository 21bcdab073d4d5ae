import { z } from 'zod'
import './zod-config.ts'
import { writable } from './readable.ts'
import type { Readable, Session } from './types.ts'

const answerSchema = z.object({ key: z.string().min(1).max(200), expires_ts: z.number() })

/** A key is replaced this long before it ends, so that a film that is being watched does not break off. */
const EARLY_MS = 60 * 60_000
const RETRY_MS = 30_000
/** `setTimeout` cannot wait longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface MediaKey {
  /** Undefined until the node has given one; null when it gives none. */
  readonly key: Readable<string | null | undefined>
  /** Asks for a key: at the start, and after a connection was lost, as a node that restarts forgets its keys. Never rejects. */
  refresh(): Promise<void>
  stop(): void
}

/** The key that lets `<img>` and `<video>` read media (`GET /_hearth/v1/media-key`), kept from expiring. */
export function createMediaKey(session: Session): MediaKey {
  const key = writable<string | null | undefined>(undefined)
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking: Promise<void> | undefined
  let stopped = false

  function again(ms: number): void {
    clearTimeout(timer)
    if (stopped) return
    timer = setTimeout(() => void refresh(), Math.min(Math.max(ms, RETRY_MS), LONGEST_TIMER_MS))
  }

  async function ask(): Promise<void> {
    try {
      const response = await fetch(`${session.clientUrl}/_hearth/v1/media-key`, {
        headers: { authorization: `Bearer ${session.accessToken}` },
      })
      if (response.status === 404 || response.status === 405) {
        if (key.get() === undefined) key.set(null)
        return
      }
      if (!response.ok) throw new Error(`The node answered ${response.status}`)
      const answer = answerSchema.parse(await response.json())
      key.set(answer.key)
      again(answer.expires_ts - Date.now() - EARLY_MS)
    } catch (error) {
      console.warn('The key for pictures and films could not be had', error)
      again(RETRY_MS)
    }
  }

  function refresh(): Promise<void> {
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }

  return {
    key,
    refresh,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
