import { useEffect, useState } from 'react'

/** The present moment, refreshed often enough for words such as "5 minutes ago" and "Today". */
export function useNow(everyMs = 30_000): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
