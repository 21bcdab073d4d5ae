import type { Json, JsonObject } from './types.ts'

/** Nesting that events and other signed JSON may have; far above what any real event needs. */
export const MAX_JSON_DEPTH = 512

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * An own property, or undefined. Keys come from strangers: `constructor` and `__proto__` must not
 * find what every object inherits.
 */
export function own(object: unknown, key: string): Json | undefined {
  return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined
}

export function ownString(object: unknown, key: string): string | undefined {
  const value = own(object, key)
  return typeof value === 'string' ? value : undefined
}

/** Sets an own property, `__proto__` included, where plain assignment would change the prototype. */
export function setOwn(object: JsonObject, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    object[key] = value
  }
}

/** A shallow copy without some keys. */
export function without(object: JsonObject, ...keys: readonly string[]): JsonObject {
  const copy: JsonObject = {}
  for (const key of Object.keys(object)) {
    const value = object[key]
    if (value !== undefined && !keys.includes(key)) setOwn(copy, key, value)
  }
  return copy
}

/** A shallow copy of only these keys, where they are present. */
export function pick(object: JsonObject, keys: readonly string[]): JsonObject {
  const copy: JsonObject = {}
  for (const key of keys) {
    const value = own(object, key)
    if (value !== undefined) setOwn(copy, key, value)
  }
  return copy
}
