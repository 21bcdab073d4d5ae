/** A cache that forgets what was not used for longest, bounded by the summed weight of its entries. */
export class LruCache<K, V> {
  private readonly entries = new Map<K, { value: V; weight: number }>()
  private readonly maxWeight: number
  private total = 0

  constructor(maxWeight: number) {
    this.maxWeight = maxWeight
  }

  get weight(): number {
    return this.total
  }

  get(key: K): V | undefined {
    const entry = this.entries.get(key)
    if (entry === undefined) return undefined
    // A Map iterates in order of insertion, so the front is the least recently used.
    this.entries.delete(key)
    this.entries.set(key, entry)
    return entry.value
  }

  set(key: K, value: V, weight: number): void {
    this.delete(key)
    this.entries.set(key, { value, weight })
    this.total += weight
    for (const oldest of this.entries.keys()) {
      if (this.total <= this.maxWeight) break
      this.delete(oldest)
    }
  }

  delete(key: K): void {
    const entry = this.entries.get(key)
    if (entry === undefined) return
    this.entries.delete(key)
    this.total -= entry.weight
  }

  clear(): void {
    this.entries.clear()
    this.total = 0
  }
}
