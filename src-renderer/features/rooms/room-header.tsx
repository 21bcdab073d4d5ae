import { ArrowLeft, Ellipsis, Link, LogOut, Settings2, UserPlus, Users } from 'lucide-react'
import { useState } from 'react'
import type { RoomDetail } from '../../client/types.ts'
import { roomLink } from '../../model/addresses.ts'
import { isReachable, serverOfUser } from '../../model/people.ts'
import { HOME_HREF } from '../../model/routes.ts'
import { plural } from '../../model/text.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Menu } from '../../ui/menu.tsx'
import css from './room-header.module.css'

interface RoomHeaderProps {
  room: RoomDetail
  membersShown: boolean
  onToggleMembers: () => void
  onInvite: () => void
  onSettings: () => void
}

export function RoomHeader({ room, membersShown, onToggleMembers, onInvite, onSettings }: RoomHeaderProps) {
  const { client, attempt, toast } = useServices()
  const nearby = useReadable(client.nearby)
  const [leaving, setLeaving] = useState(false)
  const direct = room.directWith
  const reachable = direct === undefined ? undefined : isReachable(nearby, direct.userId)

  async function leave(): Promise<void> {
    const left = await attempt(() => client.leave(room.id), 'You could not leave')
    if (left) window.location.hash = HOME_HREF
  }

  /** Servers that are in the room, as an id alone may name none. */
  async function copyLink(): Promise<void> {
    const servers = new Set([client.userId, ...room.members.map((each) => each.userId)].map(serverOfUser))
    const copied = await attempt(
      () => navigator.clipboard.writeText(roomLink(room.id, [...servers])),
      'The link could not be copied',
    )
    if (copied) toast('The link to this room is copied.')
  }

  return (
    <header className={css.header}>
      <a className={css.back} href={HOME_HREF} aria-label="Back to the list">
        <ArrowLeft aria-hidden="true" />
      </a>
      <Avatar
        id={direct?.userId ?? room.id}
        name={room.name}
        mxc={room.avatarMxc}
        shape={direct === undefined ? 'square' : 'round'}
        reachable={reachable}
      />
      <div className={css.words}>
        <h1 className={css.name}>{room.name}</h1>
        <p className={css.detail}>{subtitle(room, reachable)}</p>
      </div>
      <div className={css.actions}>
        {room.can.invite && direct === undefined && (
          <IconButton label="Invite people" icon={<UserPlus />} onClick={onInvite} />
        )}
        <IconButton label="Members" icon={<Users />} pressed={membersShown} onClick={onToggleMembers} />
        <Menu
          trigger={<IconButton label="More" icon={<Ellipsis />} tooltip={false} />}
          items={[
            ...(room.can.invite ? [{ label: 'Invite people', icon: <UserPlus />, onSelect: onInvite }] : []),
            ...(direct === undefined
              ? [{ label: 'Copy link', icon: <Link />, onSelect: () => void copyLink() }]
              : []),
            { label: 'Room settings', icon: <Settings2 />, onSelect: onSettings },
            {
              label: direct === undefined ? 'Leave room' : 'Leave conversation',
              icon: <LogOut />,
              danger: true,
              onSelect: () => setLeaving(true),
            },
          ]}
        />
      </div>
      <ConfirmDialog
        open={leaving}
        onOpenChange={setLeaving}
        title={`Leave ${direct === undefined ? room.name : `the conversation with ${room.name}`}?`}
        description={
          room.joinRule === 'public'
            ? 'It disappears from your list. You can join again later.'
            : 'It disappears from your list. To come back you need a new invitation.'
        }
        action="Leave"
        onConfirm={() => void leave()}
      />
    </header>
  )
}

function subtitle(room: RoomDetail, reachable: boolean | undefined): string {
  if (room.directWith !== undefined) {
    const other = room.members.find((member) => member.userId === room.directWith?.userId)
    if (other === undefined) {
      return reachable === false
        ? 'Offline; will be invited when their computer is back'
        : 'Is not in this conversation'
    }
    if (other.membership === 'invite') return 'Invited; has not answered yet'
    if (reachable === undefined) return 'Direct message'
    return reachable ? 'Here now' : 'Offline'
  }
  const count = plural(room.memberCount, 'member')
  return room.topic === '' ? count : `${count} · ${room.topic}`
}
