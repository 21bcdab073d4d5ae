/**
 * A cache bounded by the summed weight of its entries, that forgets roughly what was not used for
 * longest: two generations, of which the older one is dropped when the younger has half the weight.
 * An exact order would cost a Map a deletion with each read, and large Maps pay for those dearly.
 */
export class LruCache<K, V> {
  private readonly halfWeight: number
  private young = new Map<K, Entry<V>>()
  private old = new Map<K, Entry<V>>()
  private youngWeight = 0

  constructor(maxWeight: number) {
    this.halfWeight = maxWeight / 2
  }

  get(key: K): V | undefined {
    const entry = this.young.get(key)
    if (entry !== undefined) return entry.value
    const older = this.old.get(key)
    if (older === undefined) return undefined
    this.set(key, older.value, older.weight)
    return older.value
  }

  set(key: K, value: V, weight: number): void {
    this.delete(key)
    if (this.youngWeight + weight > this.halfWeight) {
      this.old = this.young
      this.young = new Map()
      this.youngWeight = 0
    }
    this.young.set(key, { value, weight })
    this.youngWeight += weight
  }

  delete(key: K): void {
    this.old.delete(key)
    const entry = this.young.get(key)
    if (entry === undefined) return
    this.young.delete(key)
    this.youngWeight -= entry.weight
  }

  clear(): void {
    this.young = new Map()
    this.old = new Map()
    this.youngWeight = 0
  }
}

interface Entry<V> {
  readonly value: V
  readonly weight: number
}
