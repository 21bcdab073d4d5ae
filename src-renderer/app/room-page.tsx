import { CloudOff, DoorOpen } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { RoomDetail } from '../client/types.ts'
import { Composer } from '../features/composer/composer.tsx'
import { InviteDialog } from '../features/members/invite-dialog.tsx'
import { MemberPanel } from '../features/members/member-panel.tsx'
import { RoomSettings } from '../features/room-settings/room-settings.tsx'
import { RoomHeader } from '../features/rooms/room-header.tsx'
import { Timeline } from '../features/timeline/timeline.tsx'
import { describeReachability } from '../model/people.ts'
import { useReadable, useServices } from '../model/use-client.ts'
import { Banner } from '../ui/banner.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Spinner } from '../ui/spinner.tsx'
import css from './shell.module.css'

/** A room that was just made or joined arrives with the next sync. */
const ARRIVES_WITHIN_MS = 20_000

interface RoomPageProps {
  roomId: string
  onOpened: (roomId: string) => void
}

export function RoomPage({ roomId, onOpened }: RoomPageProps) {
  const { client } = useServices()
  const room = useReadable(client.room(roomId))
  if (room === undefined || room.membership === 'invite')
    return <Missing invited={room?.membership === 'invite'} />
  return <JoinedRoom room={room} onOpened={onOpened} />
}

function JoinedRoom({ room, onOpened }: { room: RoomDetail; onOpened: (roomId: string) => void }) {
  const { client, attempt } = useServices()
  const timeline = useReadable(client.timeline(room.id))
  const nearby = useReadable(client.nearby)
  const [members, setMembers] = useState(false)
  const [dialog, setDialog] = useState<'invite' | 'settings'>()
  const away = describeReachability(nearby, room, client.userId)

  return (
    <div className={css.room}>
      <div className={css.conversation}>
        <RoomHeader
          room={room}
          membersShown={members}
          onToggleMembers={() => setMembers(!members)}
          onInvite={() => setDialog('invite')}
          onSettings={() => setDialog('settings')}
        />
        {timeline !== undefined && <Timeline room={room} timeline={timeline} />}
        {away !== undefined && <Banner icon={<CloudOff aria-hidden="true" />}>{away}</Banner>}
        <Composer room={room} />
      </div>
      {members && (
        <MemberPanel
          room={room}
          onClose={() => setMembers(false)}
          onInvite={() => setDialog('invite')}
          onOpenDirect={(userId) =>
            void attempt(
              async () => onOpened(await client.openDirect(userId)),
              'The conversation could not be opened',
            )
          }
        />
      )}
      <InviteDialog
        room={room}
        open={dialog === 'invite'}
        onOpenChange={(open) => setDialog(open ? 'invite' : undefined)}
      />
      <RoomSettings
        room={room}
        open={dialog === 'settings'}
        onOpenChange={(open) => setDialog(open ? 'settings' : undefined)}
      />
    </div>
  )
}

function Missing({ invited }: { invited: boolean }) {
  const [patient, setPatient] = useState(true)
  useEffect(() => {
    const timer = setTimeout(() => setPatient(false), ARRIVES_WITHIN_MS)
    return () => clearTimeout(timer)
  }, [])
  if (patient) {
    return (
      <output className={css.waiting}>
        <Spinner /> Opening the conversation
      </output>
    )
  }
  return (
    <EmptyState icon={<DoorOpen />} title={invited ? 'You are invited' : 'This conversation is not here'}>
      {invited
        ? 'Accept the invitation in the list to come in.'
        : 'You may have left it, or it belongs to another account.'}
    </EmptyState>
  )
}
