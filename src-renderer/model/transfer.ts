import { formatBytes, formatRemaining } from './measures.ts'

/** How far something was at a moment (ms). */
export interface Sample {
  readonly ts: number
  readonly bytes: number
}

const WINDOW_MS = 8_000

/** The samples that still count for the speed, with this one. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = samples.at(-1)
  // Going back means that it was begun anew.
  const kept = last !== undefined && sample.bytes < last.bytes ? [] : samples
  return [...kept.filter((each) => sample.ts - each.ts <= WINDOW_MS), sample]
}

/** Bytes per second; undefined until it can be told. */
export function speedOf(samples: readonly Sample[]): number | undefined {
  const first = samples.at(0)
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.ts - first.ts < 900) return undefined
  return ((last.bytes - first.bytes) / (last.ts - first.ts)) * 1_000
}

/** "12 MB of 2 GB · 40 MB/s · about a minute left". */
export function describeProgress(sent: number, size: number, speed: number | undefined): string {
  const parts = [`${formatBytes(sent)} of ${formatBytes(size)}`]
  if (speed !== undefined && speed > 0) {
    parts.push(`${formatBytes(speed)}/s`, formatRemaining((size - sent) / speed))
  }
  return parts.join(' · ')
}
