import type { BenchServer } from './measure.ts'
import type { Row } from './rows.ts'
import { benchSync } from './sync.ts'
import { benchUnread } from './unread.ts'

/** What people do with messages, on one server: `/sync` in many rooms, and unread counts under a burst. */
export async function measureConversation(
  name: string,
  server: BenchServer,
  quick: boolean,
  say: (text: string) => void,
): Promise<Row[]> {
  return [
    ...(await benchSync(name, server, quick ? 50 : 200, quick ? 50 : 200, say)),
    ...(await benchUnread(name, server, 20, quick ? 500 : 2_000, say)),
  ]
}
