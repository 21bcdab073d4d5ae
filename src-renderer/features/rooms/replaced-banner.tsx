import { ArrowRight, Milestone } from 'lucide-react'
import { useState } from 'react'
import type { RoomDetail } from '../../client/types.ts'
import { serverOfUser } from '../../model/people.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'

/** After an upgrade: where the room goes on, with the way there. */
export function ReplacedBanner({ room, onOpened }: { room: RoomDetail; onOpened: (roomId: string) => void }) {
  const { client, attempt } = useServices()
  const [busy, setBusy] = useState(false)
  const next = room.replacedBy
  const there = useReadable(client.rooms).find((each) => each.id === next)
  if (next === undefined) return null

  async function follow(roomId: string): Promise<void> {
    setBusy(true)
    // Whoever was here may be there: one of their servers lets one in.
    const servers = new Set(room.members.map((each) => serverOfUser(each.userId)))
    servers.delete(serverOfUser(client.userId))
    await attempt(
      async () =>
        onOpened(await client.joinRoom(roomId, there === undefined ? [...servers].slice(0, 5) : [])),
      'The new room could not be opened',
    )
    setBusy(false)
  }

  return (
    <Banner
      tone="warn"
      icon={<Milestone aria-hidden="true" />}
      actions={
        <Button size="sm" variant="primary" busy={busy} onClick={() => void follow(next)}>
          Go there <ArrowRight aria-hidden="true" />
        </Button>
      }
    >
      This {room.isSpace ? 'space' : 'room'} was upgraded and continues in{' '}
      {there === undefined ? 'a new one' : there.name}.
    </Banner>
  )
}
