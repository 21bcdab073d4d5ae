/** A binary heap; `pop` returns the smallest. */
export class Heap<T> {
  private readonly items: T[] = []
  private readonly compare: (a: T, b: T) => number

  constructor(compare: (a: T, b: T) => number) {
    this.compare = compare
  }

  push(item: T): void {
    const items = this.items
    let index = items.length
    items.push(item)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = items[parent]
      if (above === undefined || this.compare(above, item) <= 0) break
      items[index] = above
      index = parent
    }
    items[index] = item
  }

  pop(): T | undefined {
    const items = this.items
    const top = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return top
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      const left = items[child]
      if (left === undefined) break
      let below = left
      const right = items[child + 1]
      if (right !== undefined && this.compare(right, left) < 0) {
        below = right
        child += 1
      }
      if (this.compare(last, below) <= 0) break
      items[index] = below
      index = child
    }
    items[index] = last
    return top
  }
}
