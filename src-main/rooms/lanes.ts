import type { RoomId } from '../core/types.ts'

/**
 * A queue a room: what was asked first is done first, and two things that wait for other servers
 * never interleave in one room. Different rooms run side by side.
 */
export class Lanes {
  private readonly tails = new Map<RoomId, Promise<unknown>>()

  run<T>(roomId: RoomId, fn: () => Promise<T>): Promise<T> {
    const before = this.tails.get(roomId) ?? Promise.resolve()
    const result = before.then(fn)
    // The next in line runs whatever became of this one; its caller hears of the failure.
    const tail = result.then(
      () => undefined,
      () => undefined,
    )
    this.tails.set(roomId, tail)
    void tail.then(() => {
      if (this.tails.get(roomId) === tail) this.tails.delete(roomId)
    })
    return result
  }

  isBusy(roomId: RoomId): boolean {
    return this.tails.has(roomId)
  }

  get busy(): boolean {
    return this.tails.size > 0
  }

  async idle(): Promise<void> {
    while (this.tails.size > 0) await Promise.all(this.tails.values())
  }
}
