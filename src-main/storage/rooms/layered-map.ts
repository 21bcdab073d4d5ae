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

  entries(): MapIterator<[StateMapKey, EventId]> {
    return this.flat().entries()
  }

  keys(): MapIterator<StateMapKey> {
    return this.flat().keys()
  }

  values(): MapIterator<EventId> {
    return this.flat().values()
  }

  [Symbol.iterator](): MapIterator<[StateMapKey, EventId]> {
    return this.entries()
  }

  forEach(callback: (value: EventId, key: StateMapKey, map: StateMap) => void): void {
    for (const [key, value] of this.flat()) callback(value, key, this)
  }

  /** One pass over a copy is faster than asking every newer layer about every key. Not kept: it is big. */
  private flat(): StateMap {
    const oldest = this.layers.length - 1
    const flat = new Map(this.layers[oldest])
    for (let at = oldest - 1; at >= 0; at--) {
      for (const [key, value] of this.layers[at] ?? []) {
        if (value === undefined) flat.delete(key)
        else flat.set(key, value)
      }
    }
    // The full map removes nothing, and what the newer layers remove is deleted above.
    return flat as Map<StateMapKey, EventId>
  }
}
