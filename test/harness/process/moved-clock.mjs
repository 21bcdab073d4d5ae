// Loaded into a node before it starts: its wall clock is as many milliseconds ahead of the machine's as the file
// HEARTH_CLOCK says (negative: behind). Durations and timers are the machine's.
import { readFileSync } from 'node:fs'

const aheadMs = Number(readFileSync(process.env['HEARTH_CLOCK'] ?? '', 'utf8'))
const Real = Date

globalThis.Date = class extends Real {
  constructor(...args) {
    if (args.length === 0) super(Real.now() + aheadMs)
    else super(...args)
  }

  static now() {
    return Real.now() + aheadMs
  }
}
