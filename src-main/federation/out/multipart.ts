export interface Part {
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>
  /** To be read to its end, or left by `return`. Throws when the part was cut short. */
  readonly body: AsyncGenerator<Buffer, void>
}

const MAX_METADATA_BYTES = 65_536
const MAX_HEADER_BYTES = 16_384

/**
 * The second part of a `multipart/mixed` body of two, streamed; the first one, metadata without use as yet,
 * is skipped (RFC 2046, section 5.1; Server-Server API, "Content Repository"). Rejects where the form is wrong;
 * `body` ends with an error when the closing delimiter is missing.
 */
export async function openMultipart(source: AsyncIterable<unknown>, contentType: string): Promise<Part> {
  const boundary = boundaryOf(contentType)
  const reader = new Reader(source)
  // A delimiter belongs to the line break before it; so that the first one is no exception, one is put there.
  reader.unread(Buffer.from('\r\n'))
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  await reader.until(delimiter, MAX_METADATA_BYTES)
  await reader.until(delimiter, MAX_METADATA_BYTES)
  const lineEnd = await reader.until(Buffer.from('\r\n'), 256)
  if (lineEnd.toString('latin1').trim() !== '') throw new Error('there is no second part')
  reader.unread(Buffer.from('\r\n'))
  const head = await reader.until(Buffer.from('\r\n\r\n'), MAX_HEADER_BYTES)
  const headers = new Map<string, string>()
  for (const line of head.toString('utf8').split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  const length = /^[0-9]{1,15}$/.exec(headers.get('content-length') ?? '')?.[0]
  if (length !== undefined) return { headers, body: reader.exactly(Number(length), delimiter) }
  // An empty part's delimiter may use the very line break that ended its headers.
  reader.unread(Buffer.from('\r\n'))
  return { headers, body: skip(2, reader.stream(delimiter)) }
}

function boundaryOf(contentType: string): string {
  const match = /^multipart\/mixed\s*;(?:.*;)?\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(
    contentType,
  )
  const boundary = match?.[1] ?? match?.[2]
  if (boundary === undefined) throw new Error('it is not multipart/mixed with a boundary')
  return boundary
}

class Reader {
  private readonly chunks: AsyncIterator<unknown>
  private buffer: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<unknown>) {
    this.chunks = source[Symbol.asyncIterator]()
  }

  unread(bytes: Buffer): void {
    this.buffer = Buffer.concat([bytes, this.buffer])
  }

  /** The bytes before `mark`, which is consumed too. */
  async until(mark: Buffer, maxBytes: number): Promise<Buffer> {
    let from = 0
    for (;;) {
      const at = this.buffer.indexOf(mark, from)
      if (at > maxBytes || (at < 0 && this.buffer.length > maxBytes + mark.length))
        throw new Error('a part is too long')
      if (at >= 0) {
        const bytes = this.buffer.subarray(0, at)
        this.buffer = this.buffer.subarray(at + mark.length)
        return bytes
      }
      from = Math.max(0, this.buffer.length - mark.length)
      await this.more()
    }
  }

  /** So many bytes as they come, uncopied, and then `mark`. */
  async *exactly(length: number, mark: Buffer): AsyncGenerator<Buffer, void> {
    try {
      let left = length
      for (let chunk = this.buffer; ; chunk = await this.next()) {
        if (chunk.length > left) {
          if (left > 0) yield chunk.subarray(0, left)
          this.buffer = chunk.subarray(left)
          break
        }
        left -= chunk.length
        if (chunk.length > 0) yield chunk
      }
      const between = await this.until(mark, mark.length)
      if (between.length > 0) throw new Error('it is longer than it said')
    } finally {
      await this.chunks.return?.()
    }
  }

  /** All bytes before `mark`, as they come. */
  async *stream(mark: Buffer): AsyncGenerator<Buffer, void> {
    try {
      for (;;) {
        const at = this.buffer.indexOf(mark)
        if (at >= 0) {
          if (at > 0) yield this.buffer.subarray(0, at)
          return
        }
        // What may be the beginning of the mark is held back.
        const safe = this.buffer.length - mark.length + 1
        if (safe > 0) {
          yield this.buffer.subarray(0, safe)
          this.buffer = this.buffer.subarray(safe)
        }
        await this.more()
      }
    } finally {
      await this.chunks.return?.()
    }
  }

  private async more(): Promise<void> {
    this.buffer = Buffer.concat([this.buffer, await this.next()])
  }

  private async next(): Promise<Buffer> {
    const { done, value } = await this.chunks.next()
    if (done === true) throw new Error('it was cut short')
    return value as Buffer
  }
}

/** Without the first `count` bytes. */
async function* skip(count: number, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let left = count
  for await (const chunk of source) {
    const rest = chunk.subarray(Math.min(left, chunk.length))
    left -= chunk.length - rest.length
    if (rest.length > 0) yield rest
  }
}
