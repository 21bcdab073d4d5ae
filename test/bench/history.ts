import { benchLargeRoom } from './large-room.ts'
import type { BenchServer } from './measure.ts'
import type { Row } from './rows.ts'
import { benchScrollBack } from './scroll-back.ts'

/** History from server to server. */
export async function measureHistory(
  name: string,
  one: BenchServer,
  two: BenchServer,
  quick: boolean,
  say: (text: string) => void,
): Promise<Row[]> {
  const large = quick ? { events: 2_000, members: 100 } : { events: 50_000, members: 2_000 }
  return [
    ...(await benchScrollBack(name, one, two, quick ? 500 : 5_000, say)),
    ...(await benchLargeRoom(name, one, two, large, say)),
  ]
}
