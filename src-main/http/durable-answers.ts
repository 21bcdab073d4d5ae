import type { Fetch } from './listener.ts'

/**
 * Nothing is acknowledged before it is on the disk: an answer waits for what was written before it. Where the disk
 * refuses that, the answer is 507.
 */
export function durably(fetch: Fetch, durable: () => Promise<void> | undefined): Fetch {
  return async (request, env) => {
    const response = await fetch(request, env)
    try {
      await durable()
    } catch {
      await response.body?.cancel()
      const words =
        'The disk of this server refuses to write, so nothing is certain to be kept. Try again later.'
      return Response.json({ errcode: 'M_UNKNOWN', error: words }, { status: 507 })
    }
    return response
  }
}
