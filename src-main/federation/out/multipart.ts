import { Readable } from 'node:stream'

export interface Part {
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Readable
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
  const reader = createReader(source)
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
  // An empty part's delimiter may use the very line break that ended its headers.
  reader.unread(Buffer.from('\r\n'))
  return { headers, body: Readable.from(skip(2, reader.stream(delimiter)), { objectMode: false }) }
}

function boundaryOf(contentType: string): string {
  const match = /^multipart\/mixed\s*;(?:.*;)?\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(
    contentType,
  )
  const boundary = match?.[1] ?? match?.[2]
  if (boundary === undefined) throw new Error('it is not multipart/mixed with a boundary')
  return boundary
}

interface Reader {
  unread(bytes: Buffer): void
  /** The bytes before `mark`, which is consumed too. */
  until(mark: Buffer, maxBytes: number): Promise<Buffer>
  /** All bytes before `mark`, as they come. */
  stream(mark: Buffer): AsyncGenerator<Buffer, void>
}

function createReader(source: AsyncIterable<unknown>): Reader {
  const chunks = source[Symbol.asyncIterator]()
  let buffer: Buffer = Buffer.alloc(0)

  async function more(): Promise<void> {
    const { done, value } = await chunks.next()
    if (done === true) throw new Error('it was cut short')
    buffer = Buffer.concat([buffer, value as Uint8Array])
  }

  return {
    unread(bytes) {
      buffer = Buffer.concat([bytes, buffer])
    },
    async until(mark, maxBytes) {
      let from = 0
      for (;;) {
        const at = buffer.indexOf(mark, from)
        if (at > maxBytes || (at < 0 && buffer.length > maxBytes + mark.length))
          throw new Error('a part is too long')
        if (at >= 0) {
          const bytes = buffer.subarray(0, at)
          buffer = buffer.subarray(at + mark.length)
          return bytes
        }
        from = Math.max(0, buffer.length - mark.length)
        await more()
      }
    },
    async *stream(mark) {
      try {
        for (;;) {
          const at = buffer.indexOf(mark)
          if (at >= 0) {
            if (at > 0) yield buffer.subarray(0, at)
            return
          }
          // What may be the beginning of the mark is held back.
          const safe = buffer.length - mark.length + 1
          if (safe > 0) {
            yield buffer.subarray(0, safe)
            buffer = buffer.subarray(safe)
          }
          await more()
        }
      } finally {
        await chunks.return?.()
      }
    },
  }
}

/** Without the first `count` bytes. */
async function* skip(count: number, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let left = count
  for await (const chunk of source) {
    const rest = chunk.subarray(Math.min(left, chunk.length))
    left -= chunk.length - rest.length
    if (rest.length > 0) yield rest
  }
}
