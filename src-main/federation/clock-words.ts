const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const

/** The difference of two clocks, for people; `differenceMs` is positive where the other one is ahead. */
export function clockWords(differenceMs: number, uncertaintyMs: number): string {
  const size = Math.abs(differenceMs)
  if (size <= uncertaintyMs || size < 50)
    return `Its clock and this one agree, as far as can be told (to within ${spanWords(Math.max(uncertaintyMs, 1))}).`
  const way = differenceMs > 0 ? 'ahead of' : 'behind'
  return `Its clock is ${spanWords(size)} ${way} this one, give or take ${spanWords(Math.max(uncertaintyMs, 1))}.`
}

/** "35 ms", "2.4 seconds", "3 hours". */
export function spanWords(ms: number): string {
  const unit = UNITS.find(([, size]) => ms >= size)
  if (unit === undefined) return `${Math.round(ms)} ms`
  const [name, size] = unit
  const count = ms / size
  const text = count < 10 && name !== 'day' ? String(Math.round(count * 10) / 10) : String(Math.round(count))
  return `${text} ${name}${text === '1' ? '' : 's'}`
}
