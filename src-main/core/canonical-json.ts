import { MAX_JSON_DEPTH } from './json.ts'

/** The value has no canonical form: a float, an integer out of range, a lone surrogate, or nested too deep. */
export class CanonicalJsonError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CanonicalJsonError'
  }
}

type FormatNumber = (value: number) => string

/**
 * Canonical JSON (spec appendices, "Canonical JSON"). Keys whose value is `undefined` are left out.
 * `-0` becomes `0`, as in the specification's example. Throws `CanonicalJsonError`.
 */
export function canonicalJson(value: unknown): string {
  return write(value, strictNumber, 0)
}

/**
 * For events of room versions 1 to 5, which "might not be fully compliant": floats and large integers
 * are written in their shortest form, so that most such events can still be hashed and verified.
 */
export function canonicalJsonLenient(value: unknown): string {
  return write(value, lenientNumber, 0)
}

/** Whether `value`, as it came out of `JSON.parse`, can be written as canonical JSON. Never throws. */
export function isCanonical(value: unknown, maxDepth: number = MAX_JSON_DEPTH): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed()
    case 'number':
      return Number.isSafeInteger(value)
    case 'boolean':
      return true
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return true
  if (maxDepth <= 0) return false
  if (Array.isArray(value)) return value.every((item) => isCanonical(item, maxDepth - 1))
  return Object.entries(value).every(([key, item]) => key.isWellFormed() && isCanonical(item, maxDepth - 1))
}

function write(value: unknown, number: FormatNumber, depth: number): string {
  if (typeof value === 'string') return writeString(value)
  if (typeof value === 'number') return number(value)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (value === null) return 'null'
  if (typeof value !== 'object') throw new CanonicalJsonError(`not a JSON value: ${typeof value}`)
  if (depth >= MAX_JSON_DEPTH) throw new CanonicalJsonError('nested too deep')
  return Array.isArray(value)
    ? writeArray(value, number, depth + 1)
    : writeObject(value as Record<string, unknown>, number, depth + 1)
}

function writeArray(items: readonly unknown[], number: FormatNumber, depth: number): string {
  let text = '['
  for (let i = 0; i < items.length; i++) {
    if (i > 0) text += ','
    text += write(items[i], number, depth)
  }
  return `${text}]`
}

function writeObject(object: Record<string, unknown>, number: FormatNumber, depth: number): string {
  let text = '{'
  for (const key of sortedKeys(object)) {
    const value = object[key]
    if (value === undefined) continue
    if (text.length > 1) text += ','
    text += `${writeString(key)}:${write(value, number, depth)}`
  }
  return `${text}}`
}

const surrogate = /[\uD800-\uDFFF]/

/**
 * `sort()` compares UTF-16 code units. That is the order of code points too, unless a surrogate pair
 * (above U+FFFF) meets a character from U+E000 to U+FFFF.
 */
function sortedKeys(object: Record<string, unknown>): string[] {
  const keys = Object.keys(object)
  let sorted = true
  let astral = false
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    if (i > 0 && (keys[i - 1] as string) > key) sorted = false
    if (!astral && surrogate.test(key)) astral = true
  }
  if (astral) return keys.toSorted(compareCodePoints)
  return sorted ? keys : keys.sort()
}

function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue
    // At the first difference inside a pair, the pair's first halves are equal, so both are second halves.
    return (a.codePointAt(i) ?? 0) - (b.codePointAt(i) ?? 0)
  }
  return a.length - b.length
}

/** `JSON.stringify` escapes exactly what the grammar escapes, and lone surrogates, which have no UTF-8. */
function writeString(value: string): string {
  if (!value.isWellFormed()) throw new CanonicalJsonError('a string with a lone surrogate')
  return JSON.stringify(value)
}

function strictNumber(value: number): string {
  if (!Number.isSafeInteger(value)) throw new CanonicalJsonError(`not an integer in range: ${value}`)
  return String(value)
}

function lenientNumber(value: number): string {
  if (!Number.isFinite(value)) throw new CanonicalJsonError(`not a finite number: ${value}`)
  // BigInt writes all digits, where String would round those that a double cannot tell apart.
  return Number.isInteger(value) ? BigInt(value).toString() : String(value)
}
