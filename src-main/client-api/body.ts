import type { Context } from 'hono'
import { z } from 'zod'
import type { Json, JsonObject } from '../core/types.ts'
import { badJson, MatrixError } from '../http/errors.ts'
import { readPieces } from '../http/read-pieces.ts'

/** Larger than any event may be; the room version's own limit is checked on the finished event. */
export const EVENT_BODY_LIMIT = 96 * 1024
export const KEYS_BODY_LIMIT = 4 * 1024 * 1024
const MAX_DEPTH = 100

/** A JSON value; its depth was limited before it was parsed. */
export const jsonObject: z.ZodType<JsonObject> = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
)
export const jsonValue: z.ZodType<Json> = z.custom<Json>((value) => value !== undefined)

/**
 * Reads and validates a JSON body.
 * Errors: M_TOO_LARGE (413), M_NOT_JSON, M_BAD_JSON naming the field (400).
 */
export async function readBody<T>(c: Context, schema: z.ZodType<T>, limit = EVENT_BODY_LIMIT): Promise<T> {
  return validate(schema, parseJson(await readText(c, limit)))
}

/** As `readBody`, but a missing body counts as `{}` (endpoints whose fields are all optional). */
export async function readOptionalBody<T>(
  c: Context,
  schema: z.ZodType<T>,
  limit = EVENT_BODY_LIMIT,
): Promise<T> {
  const text = await readText(c, limit)
  return validate(schema, text.trim() === '' ? {} : parseJson(text))
}

export function validate<T>(schema: z.ZodType<T>, value: unknown): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badJson('The body must be a JSON object')
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = issue === undefined ? '' : issue.path.map(String).join('.')
  const field = path === '' ? 'The body' : `\`${path}\``
  throw badJson(`${field}: ${issue?.message ?? 'is not valid'}`)
}

async function readText(c: Context, limit: number): Promise<string> {
  const declared = Number(c.req.header('content-length') ?? 0)
  if (declared > limit) throw tooLarge(limit)
  const pieces: Uint8Array[] = []
  let size = 0
  await readPieces(c.req.raw, c.env, (piece) => {
    size += piece.byteLength
    if (size > limit) throw tooLarge(limit)
    pieces.push(piece)
  })
  try {
    return utf8.decode(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces))
  } catch {
    throw new MatrixError(400, 'M_NOT_JSON', 'The body is not UTF-8')
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function parseJson(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH) throw badJson(`The body is nested deeper than ${MAX_DEPTH} levels`)
  try {
    return JSON.parse(text)
  } catch {
    throw new MatrixError(400, 'M_NOT_JSON', 'The body is not JSON')
  }
}

/** Deepest nesting of brackets outside strings. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (inString) {
      if (code === 0x5c) i++
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (code === 0x7d || code === 0x5d) depth--
  }
  return deepest
}

const tooLarge = (limit: number): MatrixError =>
  new MatrixError(413, 'M_TOO_LARGE', `The body is larger than ${limit} bytes`)

/** A whole number in the query, clamped; M_INVALID_PARAM for anything else. */
export function intQuery(c: Context, name: string, fallback: number, min: number, max: number): number {
  const value = c.req.query(name)
  if (value === undefined || value === '') return fallback
  if (!/^-?[0-9]{1,15}$/.test(value)) {
    throw new MatrixError(400, 'M_INVALID_PARAM', `${name} must be a whole number`)
  }
  return Math.min(max, Math.max(min, Number(value)))
}
