import { isObject, MAX_JSON_DEPTH } from '../../core/json.ts'
import { parseJsonLimited } from '../../core/parse-json.ts'
import type { JsonObject } from '../../core/types.ts'
import { badJson, MatrixError } from '../../http/errors.ts'
import type { Clock } from '../../trace/clock.ts'

/** Real transactions have 20 bytes a value and more; less is a body made to fill the memory. */
const BYTES_PER_VALUE = 6

/**
 * A JSON object of at most `maxBytes`, that arrives within `timeoutMs`; throws `MatrixError` otherwise.
 *
 * @param count told of each piece before it is kept; may throw.
 */
export async function readJsonObject(
  request: Request,
  maxBytes: number,
  timeoutMs: number,
  clock: Clock,
  count: (bytes: number) => void = () => undefined,
): Promise<JsonObject> {
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > maxBytes) throw tooLarge(maxBytes)
  const bytes = await readBytes(request, maxBytes, timeoutMs, clock, count)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new MatrixError(400, 'M_NOT_JSON', 'The body is not UTF-8.')
  }
  const parsed = parseJsonLimited(text, MAX_JSON_DEPTH, Math.ceil(maxBytes / BYTES_PER_VALUE))
  if (!parsed.ok) throw new MatrixError(400, 'M_NOT_JSON', `The body is not usable JSON: ${parsed.reason}.`)
  if (!isObject(parsed.value)) throw badJson('The body is not a JSON object.')
  return parsed.value
}

async function readBytes(
  request: Request,
  maxBytes: number,
  timeoutMs: number,
  clock: Clock,
  count: (bytes: number) => void,
): Promise<Buffer> {
  if (request.body === null) return Buffer.alloc(0)
  const reader = request.body.getReader() as ReadableStreamDefaultReader<Uint8Array>
  let cancelTimer: (() => void) | undefined
  const late = new Promise<never>((_, reject) => {
    cancelTimer = clock.setTimeout(
      () => reject(new MatrixError(408, 'M_UNKNOWN', 'The body did not arrive in time.')),
      timeoutMs,
    )
  })
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late])
      if (done) return Buffer.concat(chunks, size)
      size += value.length
      if (size > maxBytes) throw tooLarge(maxBytes)
      count(value.length)
      chunks.push(value)
    }
  } catch (error) {
    reader.cancel().catch(() => undefined)
    if (error instanceof MatrixError) throw error
    throw new MatrixError(400, 'M_UNKNOWN', 'The body was cut short.')
  } finally {
    cancelTimer?.()
  }
}

function tooLarge(maxBytes: number): MatrixError {
  return new MatrixError(413, 'M_TOO_LARGE', `The body is larger than ${maxBytes} bytes.`)
}
