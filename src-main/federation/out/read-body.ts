/** The body is longer than what was allowed for this answer. */
export class BodyTooLargeError extends Error {
  constructor(maxBytes: number) {
    super(`the answer is larger than ${maxBytes} bytes`)
    this.name = 'BodyTooLargeError'
  }
}

/** The body comes so slowly that whoever waits for it would wait for nothing. */
export class BodyTooSlowError extends Error {
  constructor() {
    super('the answer comes too slowly')
    this.name = 'BodyTooSlowError'
  }
}

/** For so long an answer may take its time; after that it has to come at this rate at least, on average. */
const UNHURRIED_MS = 30_000
const SLOWEST_BYTES_PER_MS = 4

/**
 * Reads a body as UTF-8, and stops reading (which closes the connection) once it is too long, or comes in drops:
 * a byte now and then would keep a join waiting for as long as the other server likes.
 */
export async function readText(
  body: AsyncIterable<unknown>,
  maxBytes: number,
  unhurriedMs: number = UNHURRIED_MS,
): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  // Text at once: the pieces of a body hold on to more memory than they are long.
  const texts: string[] = []
  const began = performance.now()
  let size = 0
  for await (const chunk of body) {
    const bytes = chunk as Uint8Array
    size += bytes.length
    if (size > maxBytes) throw new BodyTooLargeError(maxBytes)
    const took = performance.now() - began
    if (took > unhurriedMs && size < took * SLOWEST_BYTES_PER_MS) throw new BodyTooSlowError()
    texts.push(decoder.decode(bytes, { stream: true }))
  }
  texts.push(decoder.decode())
  return texts.join('')
}
