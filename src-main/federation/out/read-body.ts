/** The body is longer than what was allowed for this answer. */
export class BodyTooLargeError extends Error {
  constructor(maxBytes: number) {
    super(`the answer is larger than ${maxBytes} bytes`)
    this.name = 'BodyTooLargeError'
  }
}

/** Reads a body as UTF-8, and stops reading (which closes the connection) once it is too long. */
export async function readText(body: AsyncIterable<unknown>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    const bytes = chunk as Uint8Array
    size += bytes.length
    if (size > maxBytes) throw new BodyTooLargeError(maxBytes)
    chunks.push(bytes)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks, size))
}
