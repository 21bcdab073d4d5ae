import type { PrivateApi } from './private-api.ts'
import { writable } from './readable.ts'
import type { NearbySnapshot, Readable } from './types.ts'

const POLL_MS = 2_000
const HIDDEN_POLL_MS = 15_000

/** Asks the node for its peers again and again, less often while nobody looks. */
export function createNearby(api: PrivateApi): {
  nearby: Readable<NearbySnapshot>
  start(): void
  stop(): void
  /** Asks now, such as after a change. */
  refresh(): Promise<void>
} {
  const nearby = writable<NearbySnapshot>({ status: 'loading', peers: [] })
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = ''
  let running = false

  async function poll(): Promise<void> {
    const [answer, problems, deniedBy] = await Promise.all([
      api.peers(),
      api.networkProblems(),
      api.deniedBy(),
    ])
    // An unreachable node keeps the last list: the banner already says that the connection is lost.
    if (answer.ok) publish({ status: 'ready', peers: answer.value, problems, deniedBy })
    else if (answer.reason === 'unavailable') publish({ status: 'unavailable', peers: [], deniedBy })
  }

  function publish(next: NearbySnapshot): void {
    const serialised = JSON.stringify(next)
    if (serialised === last) return
    last = serialised
    nearby.set(next)
  }

  function loop(): void {
    poll()
      .catch((error: unknown) => console.error('Nearby could not be read', error))
      .finally(() => {
        if (running) timer = setTimeout(loop, document.hidden ? HIDDEN_POLL_MS : POLL_MS)
      })
  }

  function onVisible(): void {
    if (!running || document.hidden || timer === undefined) return
    clearTimeout(timer)
    timer = undefined
    loop()
  }

  return {
    nearby,
    refresh: poll,
    start() {
      if (running) return
      running = true
      document.addEventListener('visibilitychange', onVisible)
      loop()
    },
    stop() {
      running = false
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisible)
    },
  }
}
