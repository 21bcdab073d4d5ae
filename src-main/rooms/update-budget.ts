import type { ServerName } from '../core/types.ts'
import type { Clock } from '../trace/clock.ts'

const MAX_SERVERS = 1_000

/** How many updates of a kind that may be lost each server is listened to, in a given time. */
export class UpdateBudget {
  private readonly clock: Clock
  private readonly most: number
  private readonly inMs: number
  private readonly budgets = new Map<ServerName, { left: number; until: number }>()

  constructor(clock: Clock, most: number, inMs: number) {
    this.clock = clock
    this.most = most
    this.inMs = inMs
  }

  /** How many of `wanted` this server may give now. */
  take(origin: ServerName, wanted: number): number {
    const now = this.clock.monotonic()
    let budget = this.budgets.get(origin)
    if (budget === undefined || budget.until <= now) {
      if (this.budgets.size >= MAX_SERVERS) this.budgets.clear()
      budget = { left: this.most, until: now + this.inMs }
      this.budgets.set(origin, budget)
    }
    const granted = Math.min(wanted, budget.left)
    budget.left -= granted
    return granted
  }
}
