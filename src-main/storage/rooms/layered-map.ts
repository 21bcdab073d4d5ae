import type { EventId, StateMap, StateMapKey } from '../../core/types.ts'

/** What a state group changes in its base; undefined removes the key. */
export type StateDelta = ReadonlyMap<StateMapKey, EventId | undefined>

/**
 * The state of a group, read through its chain of deltas instead of being copied: neighbouring
 * groups share their layers, so a big room's map is in memory once and a change costs what it changes.
 */
export class LayeredStateMap implements ReadonlyMap<StateMapKey, EventId> {
  readonly size: number
  /** Newest first; the last one is a full map. */
  private readonly layers: readonly StateDelta[]

  constructor(layers: readonly StateDelta[], size: number) {
    this.layers = layers
    this.size = size
  }

  get(key: StateMapKey): EventId | undefined {
    for (const layer of this.layers) {
      const value = layer.get(key)
      if (value !== undefined) return value
      if (layer.has(key)) return undefined
    }
    return undefined
  }

  has(key: StateMapKey): boolean {
    return this.get(key) !== undefined
  }

  *entries(): MapIterator<[StateMapKey, EventId]> {
    const oldest = this.layers.length - 1
    const newer = this.layers.slice(0, oldest)
    for (const [key, value] of this.layers[oldest] ?? []) {
      if (value !== undefined && !newer.some((layer) => layer.has(key))) yield [key, value]
    }
    for (let at = oldest - 1; at >= 0; at--) {
      for (const [key, value] of newer[at] ?? []) {
        if (value !== undefined && !hasBefore(newer, at, key)) yield [key, value]
      }
    }
  }

  *keys(): MapIterator<StateMapKey> {
    for (const [key] of this.entries()) yield key
  }

  *values(): MapIterator<EventId> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): MapIterator<[StateMapKey, EventId]> {
    return this.entries()
  }

  forEach(callback: (value: EventId, key: StateMapKey, map: StateMap) => void): void {
    for (const [key, value] of this.entries()) callback(value, key, this)
  }
}

function hasBefore(layers: readonly StateDelta[], end: number, key: StateMapKey): boolean {
  for (let at = 0; at < end; at++) if (layers[at]?.has(key) === true) return true
  return false
}
