import { IncomingMessage } from 'node:http'

/** Starts to wait for a reason to end the reading; answers how to stop waiting. */
export type ReadLimit = (giveUp: (reason: Error) => void) => () => void

/**
 * Hands the pieces of a request's body to `take` as they come, and resolves at its end. Rejects with what `take`
 * throws, with what `limit` gives up for, or when the body is cut short. From the socket where there is one: a web
 * stream around it costs more than everything else about a small request.
 *
 * @param env what the listener gives along with a request.
 */
export async function readPieces(
  request: Request,
  env: unknown,
  take: (piece: Uint8Array) => void,
  limit: ReadLimit = () => () => undefined,
): Promise<void> {
  const incoming = (env as { incoming?: unknown } | undefined)?.incoming
  if (incoming instanceof IncomingMessage) await fromSocket(incoming, take, limit)
  else if (request.body !== null) await fromStream(request.body, take, limit)
}

function fromSocket(
  incoming: IncomingMessage,
  take: (piece: Uint8Array) => void,
  limit: ReadLimit,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (incoming.readableEnded) return resolve()
    if (incoming.destroyed) return reject(new Error('the body was cut short'))
    const stop = (): void => {
      stopWaiting()
      incoming.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut)
    }
    const fail = (error: unknown): void => {
      stop()
      // Whoever is still sending hears the answer first; then the listener drains or cuts the rest.
      incoming.pause()
      reject(error instanceof Error ? error : new Error(String(error)))
    }
    const stopWaiting = limit(fail)
    function onData(piece: Buffer): void {
      try {
        take(piece)
      } catch (error) {
        fail(error)
      }
    }
    function onEnd(): void {
      stop()
      resolve()
    }
    function onCut(error?: Error): void {
      fail(error ?? new Error('the body was cut short'))
    }
    incoming.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut)
  })
}

async function fromStream(
  body: ReadableStream<Uint8Array>,
  take: (piece: Uint8Array) => void,
  limit: ReadLimit,
): Promise<void> {
  const reader = body.getReader()
  let stopWaiting = (): void => undefined
  const givenUp = new Promise<never>((_, reject) => {
    stopWaiting = limit(reject)
  })
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), givenUp])
      if (done) return
      take(value)
    }
  } catch (error) {
    reader.cancel().catch(() => undefined)
    throw error
  } finally {
    stopWaiting()
  }
}
