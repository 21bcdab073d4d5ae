const parts = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
const seconds = new Intl.DateTimeFormat(undefined, parts)
const milliseconds = new Intl.DateTimeFormat(undefined, { ...parts, fractionalSecondDigits: 3 })

/** "14:05:09.123". */
export const clockTime = (ts: number): string => milliseconds.format(ts)

/** "14:05:09". */
export const clockSeconds = (ts: number): string => seconds.format(ts)
