import { isObject, MAX_JSON_DEPTH } from '../../core/json.ts'
import { parseJsonLimited } from '../../core/parse-json.ts'
import type { JsonObject } from '../../core/types.ts'
import { badJson, MatrixError } from '../../http/errors.ts'
import { readPieces } from '../../http/read-pieces.ts'
import type { Clock } from '../../trace/clock.ts'

/** Real transactions have 20 bytes a value and more; less is a body made to fill the memory. */
const BYTES_PER_VALUE = 6

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A request, and what the listener gave along with it. */
export interface Body {
  readonly request: Request
  readonly env: unknown
}

/**
 * A JSON object of at most `maxBytes`, that arrives within `timeoutMs`; throws `MatrixError` otherwise.
 *
 * @param count told of each piece before it is kept; may throw.
 */
export async function readJsonObject(
  body: Body,
  maxBytes: number,
  timeoutMs: number,
  clock: Clock,
  count: (bytes: number) => void = () => undefined,
): Promise<JsonObject> {
  const announced = Number(body.request.headers.get('content-length') ?? 0)
  if (announced > maxBytes) throw tooLarge(maxBytes)
  const bytes = await readBytes(body, maxBytes, timeoutMs, clock, count)
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    throw new MatrixError(400, 'M_NOT_JSON', 'The body is not UTF-8.')
  }
  const parsed = parseJsonLimited(text, MAX_JSON_DEPTH, Math.ceil(maxBytes / BYTES_PER_VALUE))
  if (!parsed.ok) throw new MatrixError(400, 'M_NOT_JSON', `The body is not usable JSON: ${parsed.reason}.`)
  if (!isObject(parsed.value)) throw badJson('The body is not a JSON object.')
  return parsed.value
}

async function readBytes(
  { request, env }: Body,
  maxBytes: number,
  timeoutMs: number,
  clock: Clock,
  count: (bytes: number) => void,
): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  const take = (piece: Uint8Array): void => {
    size += piece.length
    if (size > maxBytes) throw tooLarge(maxBytes)
    count(piece.length)
    pieces.push(piece)
  }
  try {
    await readPieces(request, env, take, (giveUp) =>
      clock.setTimeout(
        () => giveUp(new MatrixError(408, 'M_UNKNOWN', 'The body did not arrive in time.')),
        timeoutMs,
      ),
    )
  } catch (error) {
    if (error instanceof MatrixError) throw error
    throw new MatrixError(400, 'M_UNKNOWN', 'The body was cut short.')
  }
  return Buffer.concat(pieces, size)
}

function tooLarge(maxBytes: number): MatrixError {
  return new MatrixError(413, 'M_TOO_LARGE', `The body is larger than ${maxBytes} bytes.`)
}
