import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchFolder } from './scratch.ts'

const preload = new URL('./moved-clock.mjs', import.meta.url).href

/** The wall clock of one node, apart from the machine's; what is set holds from the node's next start on. */
export class MovedClock {
  private readonly file = join(scratchFolder('clock'), 'ahead')
  private aheadMs = 0

  /** Milliseconds; negative for a clock that is behind. */
  constructor(aheadMs = 0) {
    this.set(aheadMs)
  }

  set(aheadMs: number): void {
    this.aheadMs = aheadMs
    writeFileSync(this.file, String(aheadMs))
  }

  /** What its node takes the time for. */
  now(): number {
    return Date.now() + this.aheadMs
  }

  /** The environment to start its node with. */
  get env(): Record<string, string> {
    return { NODE_OPTIONS: `--import=${preload}`, HEARTH_CLOCK: this.file }
  }
}
