const UNITS = ['KB', 'MB', 'GB', 'TB'] as const

/** "312 bytes", "4.2 MB", "1.9 GB"; in steps of 1000, as system file managers count. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return bytes === 1 ? '1 byte' : `${Math.round(bytes)} bytes`
  let value = bytes / 1_000
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000
    unit += 1
  }
  const digits = value < 9.95 && unit > 0 ? 1 : 0
  return `${value.toLocaleString(undefined, { maximumFractionDigits: digits })} ${UNITS[unit]}`
}

/** "0:07", "12:40", "1:02:03". */
export function formatDuration(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.round(seconds)) : 0
  const pad = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3_600)
  const minutes = Math.floor(whole / 60) % 60
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`
}

/** For screen readers: "1 minute 5 seconds". */
export function spokenDuration(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.round(seconds)) : 0
  const minutes = Math.floor(whole / 60)
  const rest = `${whole % 60} ${whole % 60 === 1 ? 'second' : 'seconds'}`
  if (minutes === 0) return rest
  return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'} ${rest}`
}

/** How long something still takes, in calm words. */
export function formatRemaining(seconds: number): string {
  if (seconds < 10) return 'a few seconds left'
  if (seconds < 50) return `about ${Math.ceil(seconds / 10) * 10} seconds left`
  const minutes = Math.round(seconds / 60)
  if (minutes <= 1) return 'about a minute left'
  if (minutes < 60) return `about ${minutes} minutes left`
  const hours = Math.round(minutes / 60)
  return hours === 1 ? 'about an hour left' : `about ${hours} hours left`
}

export interface Size {
  readonly width: number
  readonly height: number
}

/** Largest size of this shape within the bounds; never larger than it is, and never so thin that it vanishes. */
export function fitInto(size: Size, bounds: Size, least = 48): Size {
  const scale = Math.min(1, bounds.width / size.width, bounds.height / size.height)
  const clamp = (value: number, most: number): number => Math.round(Math.min(most, Math.max(least, value)))
  return {
    width: clamp(size.width * scale, bounds.width),
    height: clamp(size.height * scale, bounds.height),
  }
}
