import type { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'

/** Writes a whole body, waits while the other side is slow, and rejects when it is gone. Does not end `to`. */
export type DirectBody = (to: Writable) => Promise<void>

const direct = new WeakMap<Response, DirectBody>()

/**
 * A response whose body goes to the socket by a shorter way than through web streams, which cost more than
 * the rest of sending a large file. Its stream stays usable, for who has no socket.
 */
export function withDirectBody(response: Response, send: DirectBody): Response {
  direct.set(response, send)
  return response
}

export function directBodyOf(response: Response): DirectBody | undefined {
  return direct.get(response)
}

/** Sends the response; cuts the connection where the body fails, so that nobody takes a part for the whole. */
export async function sendDirectly(
  response: Response,
  send: DirectBody,
  outgoing: ServerResponse,
): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  try {
    await send(outgoing)
    outgoing.end()
  } catch {
    // The reader sees it; whoever fetches the file elsewhere has logged why.
    outgoing.destroy()
  }
}
