import { DoorOpen } from 'lucide-react'
import type { RoomDetail } from '../../client/types.ts'
import { describeKnocks } from '../../model/member-groups.ts'
import { mayModerate } from '../../model/room-rights.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { KnockAnswer } from '../../ui/knock-answer.tsx'

interface KnockBannerProps {
  room: RoomDetail
  /** Where several are answered, one by one. */
  onSeeAll: () => void
}

/** Somebody stands at the door: told to those who can open it. */
export function KnockBanner({ room, onSeeAll }: KnockBannerProps) {
  const { client } = useServices()
  const facts = useReadable(client.roomFacts(room.id))
  const [first, ...others] = facts?.knocking ?? []
  if (facts === undefined || first === undefined || !room.can.invite) return null
  return (
    <Banner
      icon={<DoorOpen aria-hidden="true" />}
      actions={
        others.length === 0 ? (
          <KnockAnswer
            key={first.userId}
            roomId={room.id}
            person={first}
            mayDeny={mayModerate(facts, client.userId, first.userId, 'kick')}
          />
        ) : (
          <Button size="sm" onClick={onSeeAll}>
            See requests
          </Button>
        )
      }
    >
      {describeKnocks(facts.knocking)}
    </Banner>
  )
}
