import { useEffect, useState } from 'react'

/** `performance.now()`, refreshed for what counts down. */
export function useTick(everyMs = 500): number {
  const [now, setNow] = useState(() => performance.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}

/** Until the next attempt, of what the node said at `at` by this page's clock. */
export function leftOf(queue: { retry_in_ms: number | null }, at: number, now: number): number | undefined {
  return queue.retry_in_ms === null ? undefined : Math.max(0, queue.retry_in_ms - Math.max(0, now - at))
}
