import {
  ArrowLeft,
  Bell,
  BellOff,
  CalendarDays,
  Ellipsis,
  Files,
  Flag,
  Link,
  LogOut,
  Mail,
  MessagesSquare,
  Pin,
  Search,
  Settings2,
  UserPlus,
  Users,
} from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { RoomDetail } from '../../client/types.ts'
import { useVerbs, type Panel } from '../../model/conversation.ts'
import { membersLabel } from '../../model/member-groups.ts'
import { deniedBy, isReachable } from '../../model/people.ts'
import { HOME_HREF } from '../../model/routes.ts'
import { plural } from '../../model/text.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { JumpToDate } from '../../ui/jump-to-date.tsx'
import { LeaveDialog } from '../../ui/leave-dialog.tsx'
import { Menu, type MenuItem } from '../../ui/menu.tsx'
import { ReportDialog } from '../../ui/report-dialog.tsx'
import css from './room-header.module.css'

interface RoomHeaderProps {
  room: RoomDetail
  /** What stands beside the conversation now. */
  panel: Panel | undefined
  onInvite: () => void
  onSettings: () => void
  /** Where roles are given. */
  onRoles: () => void
  onShare: () => void
}

type PanelKind = Exclude<Panel['kind'], 'thread' | 'person'>

const PANELS: readonly { readonly kind: PanelKind; readonly label: string; readonly icon: ReactNode }[] = [
  { kind: 'search', label: 'Search', icon: <Search /> },
  { kind: 'threads', label: 'Threads', icon: <MessagesSquare /> },
  { kind: 'pins', label: 'Pinned messages', icon: <Pin /> },
  { kind: 'files', label: 'Files', icon: <Files /> },
  { kind: 'members', label: 'Members', icon: <Users /> },
]

export function RoomHeader({ room, panel, onInvite, onSettings, onRoles, onShare }: RoomHeaderProps) {
  const { client, attempt } = useServices()
  const { openPanel, jumpTo } = useVerbs()
  const nearby = useReadable(client.nearby)
  const [leaving, setLeaving] = useState(false)
  const [reporting, setReporting] = useState(false)
  const [choosingDay, setChoosingDay] = useState(false)
  const notifications = useNotifyItem(room.id)
  const direct = room.directWith
  const reachable = direct === undefined ? undefined : isReachable(nearby, direct.userId)
  const denied = direct !== undefined && deniedBy(nearby, direct.userId)

  function mark(unread: boolean): void {
    void attempt(
      () => (unread ? client.setMarkedUnread(room.id, true) : client.markRead(room.id)),
      `The room could not be marked as ${unread ? 'unread' : 'read'}`,
    )
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
        <p className={css.detail}>{subtitle(room, reachable, denied)}</p>
      </div>
      <div className={css.actions}>
        {room.can.invite && direct === undefined && (
          <IconButton
            className={css.invite ?? ''}
            label="Invite people"
            icon={<UserPlus />}
            onClick={onInvite}
          />
        )}
        {PANELS.map(({ kind, label, icon }) => (
          <IconButton
            key={kind}
            className={css[kind] ?? ''}
            label={kind === 'members' ? membersLabel(room.asking) : label}
            badge={kind === 'members' ? room.asking : 0}
            icon={icon}
            pressed={panel?.kind === kind}
            onClick={() => openPanel(panel?.kind === kind ? undefined : { kind })}
          />
        ))}
        <Menu
          trigger={<IconButton label="More" icon={<Ellipsis />} tooltip={false} />}
          items={[
            ...(room.can.invite ? [{ label: 'Invite people', icon: <UserPlus />, onSelect: onInvite }] : []),
            ...PANELS.map(({ kind, label, icon }) => ({ label, icon, onSelect: () => openPanel({ kind }) })),
            {
              label: 'Jump to a date',
              icon: <CalendarDays />,
              onSelect: () => setChoosingDay(true),
            },
            notifications,
            room.markedUnread
              ? { label: 'Mark as read', icon: <Mail />, onSelect: () => mark(false) }
              : { label: 'Mark unread', icon: <Mail />, onSelect: () => mark(true) },
            ...(direct === undefined ? [{ label: 'Share room', icon: <Link />, onSelect: onShare }] : []),
            { label: 'Room settings', icon: <Settings2 />, onSelect: onSettings },
            { label: 'Report room', icon: <Flag />, onSelect: () => setReporting(true) },
            {
              label: direct === undefined ? 'Leave room' : 'Leave conversation',
              icon: <LogOut />,
              danger: true,
              onSelect: () => setLeaving(true),
            },
          ]}
        />
      </div>
      <JumpToDate
        open={choosingDay}
        onOpenChange={setChoosingDay}
        initial={undefined}
        roomId={room.id}
        onJump={jumpTo}
      />
      <LeaveDialog room={room} open={leaving} onOpenChange={setLeaving} onRoles={onRoles} />
      <ReportDialog
        what={reporting ? { roomId: room.id } : undefined}
        name={`the room ${room.name}`}
        onClose={() => setReporting(false)}
      />
    </header>
  )
}

const LEVELS = [
  { level: 'default', label: 'As usual' },
  { level: 'all', label: 'All messages' },
  { level: 'mentions', label: 'Mentions only' },
  { level: 'mute', label: 'Nothing' },
] as const

/** What this room tells about, as a menu in the menu. */
function useNotifyItem(roomId: string): MenuItem {
  const { client, attempt } = useServices()
  const chosen = useReadable(client.notifyLevel(roomId))
  return {
    label: 'Notifications',
    icon: chosen === 'mute' ? <BellOff /> : <Bell />,
    items: LEVELS.map(({ level, label }) => ({
      label,
      checked: level === chosen,
      onSelect: () =>
        void attempt(
          () => client.setNotifyLevel(roomId, level),
          'The notifications of this room could not be changed',
        ),
    })),
  }
}

function subtitle(room: RoomDetail, reachable: boolean | undefined, denied: boolean): string {
  if (room.directWith !== undefined) {
    if (denied) return 'Their server does not accept this Hearth'
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
