import type { Readable } from './types.ts'

export interface Derived<T> extends Readable<T> {
  invalidate(): void
}

const due = new Set<() => void>()
let scheduled = false

/**
 * Listeners run once per turn of the event loop, however many events a sync response carried. Not by
 * animation frame: those stop in a hidden window, where badge and title must still follow.
 */
function schedule(notify: () => void): void {
  due.add(notify)
  if (scheduled) return
  scheduled = true
  setTimeout(() => {
    scheduled = false
    const run = [...due]
    due.clear()
    for (const each of run) each()
  }, 0)
}

/** A snapshot that is computed when asked for and kept until it is invalidated. */
export function derived<T>(compute: () => T): Derived<T> {
  const listeners = new Set<() => void>()
  let cached: { value: T } | undefined
  const notify = (): void => {
    for (const listener of listeners) listener()
  }
  return {
    get: () => (cached ??= { value: compute() }).value,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    invalidate: () => {
      cached = undefined
      schedule(notify)
    },
  }
}

export interface Writable<T> extends Readable<T> {
  set(value: T): void
}

export function writable<T>(initial: T): Writable<T> {
  let value = initial
  const source = derived(() => value)
  return {
    get: source.get,
    subscribe: source.subscribe,
    set: (next) => {
      if (Object.is(next, value)) return
      value = next
      source.invalidate()
    },
  }
}
