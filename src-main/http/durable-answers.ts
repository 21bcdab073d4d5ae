import { turnOfLoop } from '../trace/turns.ts'
import type { Fetch } from './listener.ts'

/**
 * Nothing is acknowledged before it is on the disk: an answer waits for what was written before it. Where the disk
 * refuses that, the answer is 507.
 *
 * Of those who wait for the same write, who looks for news is told first, and other servers; a turn later who wrote it.
 */
export function durably(fetch: Fetch, durable: () => Promise<void> | undefined): Fetch {
  return async (request, env) => {
    const response = await fetch(request, env)
    try {
      const written = durable()
      await written
      if (written !== undefined && request.method !== 'GET') await turnOfLoop()
    } catch {
      await response.body?.cancel()
      const words =
        'The disk of this server refuses to write, so nothing is certain to be kept. Try again later.'
      return Response.json({ errcode: 'M_UNKNOWN', error: words }, { status: 507 })
    }
    return response
  }
}
