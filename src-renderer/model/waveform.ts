/** MSC3246: integers from 0 to 1024. */
export const LOUDEST = 1_024
/** More than this no client draws, and MSC3245 advises against. */
export const MOST_VALUES = 100

/**
 * Loudness as it was measured while recording (0 to 1), as at most `most` values from 0 to 1024. Quiet
 * recordings are lifted, so that a soft voice is seen too; silence stays silence.
 */
export function toWaveform(levels: readonly number[], most = MOST_VALUES): number[] {
  const bars = levels.length <= most ? [...levels] : resample(levels, most)
  const loudest = Math.max(0, ...bars)
  if (loudest < 0.01) return bars.map(() => 0)
  return bars.map((level) => Math.round((Math.max(0, level) / loudest) * LOUDEST))
}

/** As many bars as are to be drawn: the loudest of each stretch, or stretched where there are too few. */
export function resample(values: readonly number[], count: number): number[] {
  if (values.length === 0) return Array.from({ length: count }, () => 0)
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * values.length) / count)
    const to = Math.max(from + 1, Math.floor(((index + 1) * values.length) / count))
    return Math.max(...values.slice(from, to))
  })
}
