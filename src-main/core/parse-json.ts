import { MAX_JSON_DEPTH, setOwn } from './json.ts'
import type { Json, JsonObject } from './types.ts'

/**
 * What a scan of JSON text tells before it is parsed; the text may be anything.
 * `escapedKeys`: some property name is written with a backslash. `values`: how many there are, about; the scan
 * ends where there are more than `maxValues`.
 */
export function scanJson(
  text: string,
  maxValues: number = Number.POSITIVE_INFINITY,
): { nesting: number; escapedKeys: boolean; values: number } {
  let depth = 0
  let nesting = 0
  let values = 0
  let escapedKeys = false
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: {
        const end = endOfString(text, i)
        if (
          !escapedKeys &&
          hasBackslash(text, i, end) &&
          text.charCodeAt(skipSpace(text, end + 1)) === 0x3a
        ) {
          escapedKeys = true
        }
        i = end
        break
      }
      case 0x7b:
      case 0x5b:
        if (++depth > nesting) nesting = depth
        if (++values > maxValues) return { nesting, escapedKeys, values }
        break
      case 0x2c:
        if (++values > maxValues) return { nesting, escapedKeys, values }
        break
      case 0x7d:
      case 0x5d:
        depth--
    }
  }
  return { nesting, escapedKeys, values }
}

/**
 * `JSON.parse`, to be used instead of it for everything that is hashed, signed or comes from strangers.
 *
 * V8 up to 14.6 at least (https://github.com/nodejs/node/issues/63785) reads a property name that is
 * written with an escape as another one, once an object was parsed whose name has a backslash in that
 * place. One hostile event could so break the hashes of honest ones that come after it. Text with such
 * names, which is rare, is therefore read by `parseValue` here.
 *
 * Throws `SyntaxError` for what is not JSON, nested deeper than `maxDepth`, or of more than `maxValues` values:
 * three bytes of text can be a hundred of memory.
 */
export function parseJson(
  text: string,
  maxDepth: number = MAX_JSON_DEPTH,
  maxValues: number = Number.POSITIVE_INFINITY,
): unknown {
  return parseCounted(text, maxDepth, maxValues).value
}

/** `parseJson`, and how many values there are, about. */
export function parseCounted(
  text: string,
  maxDepth: number,
  maxValues: number,
): { value: unknown; values: number } {
  const { nesting, escapedKeys, values } = scanJson(text, maxValues)
  if (values > maxValues) throw new SyntaxError('JSON with too many values')
  if (nesting > maxDepth) throw new SyntaxError(`JSON nested deeper than ${maxDepth}`)
  const parsed = JSON.parse(text) as unknown
  return { value: escapedKeys ? parseValue(text) : parsed, values }
}

/** `parseJson` that answers by a result. */
export function parseJsonLimited(
  text: string,
  maxDepth: number,
  maxValues: number = Number.POSITIVE_INFINITY,
): { ok: true; value: unknown } | { ok: false; reason: string } {
  try {
    return { ok: true, value: parseJson(text, maxDepth, maxValues) }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : 'not JSON' }
  }
}

/** Parses text that `JSON.parse` has found to be JSON, so that only its structure has to be followed. */
function parseValue(text: string): Json {
  let at = 0
  return value()

  function value(): Json {
    at = skipSpace(text, at)
    switch (text[at]) {
      case '{':
        return object()
      case '[':
        return array()
      case '"':
        return string()
      default:
        return literal()
    }
  }

  function object(): JsonObject {
    const result: JsonObject = {}
    at = skipSpace(text, at + 1)
    while (text[at] !== '}') {
      const key = string()
      at = skipSpace(text, at) + 1 // the colon
      setOwn(result, key, value())
      afterItem()
    }
    at++
    return result
  }

  function array(): Json[] {
    const result: Json[] = []
    at = skipSpace(text, at + 1)
    while (text[at] !== ']') {
      result.push(value())
      afterItem()
    }
    at++
    return result
  }

  function afterItem(): void {
    at = skipSpace(text, at)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }

  function string(): string {
    const start = at
    at = endOfString(text, at) + 1
    return JSON.parse(text.slice(start, at)) as string
  }

  function literal(): Json {
    const start = at
    while (at < text.length && !',]} \t\n\r'.includes(text.charAt(at))) at++
    return JSON.parse(text.slice(start, at)) as Json
  }
}

/** Index of the closing quote of the string that opens at `start`, or the text's length. */
export function endOfString(text: string, start: number): number {
  let i = start + 1
  while (i < text.length) {
    const c = text.charCodeAt(i)
    if (c === 0x22) return i
    i += c === 0x5c ? 2 : 1
  }
  return text.length
}

function hasBackslash(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (text.charCodeAt(i) === 0x5c) return true
  return false
}

export function skipSpace(text: string, start: number): number {
  let i = start
  for (;;) {
    const c = text.charCodeAt(i)
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return i
    i++
  }
}
