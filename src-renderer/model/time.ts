const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const fullMoment = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' })
const shortWeekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
const longDate = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const longDateYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' })
const shortDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })

const DAY_MS = 86_400_000

export const formatTime = (ts: number): string => timeOfDay.format(ts)
export const formatMoment = (ts: number): string => fullMoment.format(ts)

/** Calendar days between two moments in the person's own time zone; rounding absorbs daylight saving. */
function daysBefore(ts: number, now: number): number {
  const then = new Date(ts).setHours(0, 0, 0, 0)
  return Math.round((new Date(now).setHours(0, 0, 0, 0) - then) / DAY_MS)
}

export function isSameDay(a: number, b: number): boolean {
  return daysBefore(a, b) === 0
}

/** "Today", "Yesterday", "Tuesday", "Tuesday, 3 March", "3 March 2024". */
export function formatDay(ts: number, now: number): string {
  const days = daysBefore(ts, now)
  if (days === 0) return 'Today'
  if (days === 1) return 'Yesterday'
  if (days > 1 && days < 7) return weekday.format(ts)
  return new Date(ts).getFullYear() === new Date(now).getFullYear()
    ? longDate.format(ts)
    : longDateYear.format(ts)
}

/** As short as it can be, for lists: "14:05", "Tue", "3 Mar". */
export function formatShort(ts: number, now: number): string {
  const days = daysBefore(ts, now)
  if (days <= 0) return timeOfDay.format(ts)
  if (days < 7) return shortWeekday.format(ts)
  return shortDate.format(ts)
}

/** "just now", "5 minutes ago", "yesterday". */
export function formatAgo(ts: number, now: number): string {
  const minutes = Math.floor((now - ts) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return minutes === 1 ? 'a minute ago' : `${minutes} minutes ago`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return hours === 1 ? 'an hour ago' : `${hours} hours ago`
  const days = Math.floor(hours / 24)
  return days === 1 ? 'yesterday' : `${days} days ago`
}
