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
 * A body as UTF-8, piece by piece; returns how many bytes they were. Stops (which closes the connection) once it is
 * too long, or comes in drops: a byte now and then would keep a join waiting for as long as the other server likes.
 * Who takes its time with the pieces does not make the other server slow.
 */
export async function* readPieces(
  body: AsyncIterable<unknown>,
  maxBytes: number,
  unhurriedMs: number = UNHURRIED_MS,
): AsyncGenerator<string, number> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let waited = 0
  let size = 0
  let asked = performance.now()
  for await (const chunk of body) {
    const bytes = chunk as Uint8Array
    waited += performance.now() - asked
    size += bytes.length
    if (size > maxBytes) throw new BodyTooLargeError(maxBytes)
    if (waited > unhurriedMs && size < waited * SLOWEST_BYTES_PER_MS) throw new BodyTooSlowError()
    // Text at once: the pieces of a body hold on to more memory than they are long.
    yield decoder.decode(bytes, { stream: true })
    asked = performance.now()
  }
  yield decoder.decode()
  return size
}

/** `readPieces` as one text. */
export async function readText(
  body: AsyncIterable<unknown>,
  maxBytes: number,
  unhurriedMs?: number,
): Promise<string> {
  const texts: string[] = []
  for await (const piece of readPieces(body, maxBytes, unhurriedMs)) texts.push(piece)
  return texts.join('')
}
