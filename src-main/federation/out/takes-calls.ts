import { connect, type Socket } from 'node:net'

/**
 * Whether anything at one of these addresses takes a TCP connection within `timeoutMs`. The system does so for a
 * process that is too busy to answer; what a firewall swallows is never taken. Never rejects.
 */
export async function takesCalls(
  addresses: readonly { readonly host: string; readonly port: number }[],
  timeoutMs: number,
): Promise<boolean> {
  const sockets: Socket[] = []
  try {
    return await Promise.any(
      addresses.map(
        ({ host, port }) =>
          new Promise<true>((resolve, reject) => {
            const socket = connect({ host, port, timeout: timeoutMs })
            sockets.push(socket)
            socket.once('connect', () => resolve(true))
            socket.once('timeout', () => reject(new Error('nobody takes the call')))
            socket.on('error', reject)
          }),
      ),
    )
  } catch {
    // An AggregateError: none of them did.
    return false
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}
