import type { RoomDetail } from '../client/types.ts'
import { MemberPanel } from '../features/members/member-panel.tsx'
import { PersonPanel } from '../features/people/person-panel.tsx'
import type { Panel } from '../model/conversation.ts'

interface RoomPeopleProps {
  room: RoomDetail
  panel: Panel | undefined
  openPanel: (panel: Panel | undefined) => void
  onInvite: () => void
}

/** Beside a room or a space: everybody in it, or one of them. */
export function RoomPeople({ room, panel, openPanel, onInvite }: RoomPeopleProps) {
  const close = (): void => openPanel(undefined)
  if (panel?.kind === 'members') {
    return (
      <MemberPanel
        room={room}
        onClose={close}
        onInvite={onInvite}
        onPerson={(userId) => openPanel({ kind: 'person', userId, from: 'members' })}
      />
    )
  }
  if (panel?.kind === 'person') {
    return (
      <PersonPanel
        room={room}
        userId={panel.userId}
        onClose={close}
        onBack={panel.from === undefined ? undefined : () => openPanel({ kind: 'members' })}
      />
    )
  }
  return null
}
