import { ClientEvent, SetPresence, UserEvent, type MatrixClient } from 'matrix-js-sdk'
import { derived, type Derived } from './readable.ts'
import type { Readable } from './types.ts'

export interface PresenceState {
  readonly presence: 'online' | 'unavailable' | 'offline'
  readonly statusMessage: string | undefined
  /** Milliseconds since the epoch; undefined when the server does not say. */
  readonly lastActiveTs: number | undefined
}

const IDLE_MS = 5 * 60_000
const SIGNS_OF_LIFE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'focus'] as const

/** Who is there (Client-Server API, "Presence"), and telling others that oneself is, or is idle. */
export function createPresence(sdk: MatrixClient) {
  const known = new Map<string, Derived<PresenceState | undefined>>()
  let idleTimer: ReturnType<typeof setTimeout> | undefined
  let idle = false

  const changed = (userId: string | undefined): void => {
    if (userId !== undefined) known.get(userId)?.invalidate()
  }
  sdk.on(UserEvent.Presence, (event) => changed(event?.getSender()))
  sdk.on(UserEvent.CurrentlyActive, (_event, user) => changed(user.userId))
  sdk.on(ClientEvent.Event, (event) => {
    if (event.getType() === 'm.presence') changed(event.getSender())
  })

  function read(userId: string): PresenceState | undefined {
    const user = sdk.getUser(userId)
    // The SDK calls everybody offline of whom it has heard nothing.
    if (user?.events.presence === undefined) return undefined
    const { presence } = user
    return {
      presence: presence === 'online' || presence === 'unavailable' ? presence : 'offline',
      statusMessage: user.presenceStatusMsg?.slice(0, 200),
      lastActiveTs: user.getLastActiveTs() === 0 ? undefined : user.getLastActiveTs(),
    }
  }

  function tell(nowIdle: boolean): void {
    idle = nowIdle
    sdk
      .setSyncPresence(nowIdle ? SetPresence.Unavailable : SetPresence.Online)
      .catch((error: unknown) => console.warn('The presence could not be changed', error))
  }

  let lastSign = 0
  function alive(): void {
    const now = Date.now()
    if (!idle && now - lastSign < 10_000) return
    lastSign = now
    clearTimeout(idleTimer)
    idleTimer = setTimeout(() => tell(true), IDLE_MS)
    if (idle) tell(false)
  }

  return {
    /** Undefined while nothing is known of this person. */
    presence(userId: string): Readable<PresenceState | undefined> {
      let state = known.get(userId)
      if (state === undefined) known.set(userId, (state = derived(() => read(userId))))
      return state
    },
    startPresence(): void {
      for (const sign of SIGNS_OF_LIFE) window.addEventListener(sign, alive, { passive: true })
      alive()
    },
    stopPresence(): void {
      for (const sign of SIGNS_OF_LIFE) window.removeEventListener(sign, alive)
      clearTimeout(idleTimer)
    },
  }
}
