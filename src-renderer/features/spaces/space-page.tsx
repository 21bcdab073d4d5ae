import {
  ArrowLeft,
  CloudOff,
  Ellipsis,
  Flag,
  Link,
  LogOut,
  Plus,
  Settings2,
  Shapes,
  UserPlus,
  Users,
} from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { SpaceEntry } from '../../client/found-room.ts'
import type { RoomDetail } from '../../client/types.ts'
import { ENTRY_WORDS } from '../../model/entering.ts'
import { membersLabel } from '../../model/member-groups.ts'
import { HOME_HREF } from '../../model/routes.ts'
import { plural } from '../../model/text.ts'
import { useEntering } from '../../model/use-entering.ts'
import { usePaged, type Paged } from '../../model/use-paged.ts'
import { useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { FoundRoomRow } from '../../ui/found-room-row.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { LeaveDialog } from '../../ui/leave-dialog.tsx'
import { Menu } from '../../ui/menu.tsx'
import { ReportDialog } from '../../ui/report-dialog.tsx'
import { RoomPreview } from '../../ui/room-preview.tsx'
import { Waiting } from '../../ui/waiting.tsx'
import { AddRoomsDialog } from './add-rooms-dialog.tsx'
import css from './space-page.module.css'

interface SpacePageProps {
  space: RoomDetail
  /** Whether its members stand beside it. */
  membersShown: boolean
  onOpened: (roomId: string) => void
  onInvite: () => void
  /** Shows the members, or hides them. */
  onMembers: () => void
  onSettings: () => void
  /** Where roles are given. */
  onRoles: () => void
  onShare: () => void
  /** Make a new room in this space. */
  onCreateRoom: () => void
  /** Banners: what members have to know of it now. */
  children: ReactNode
}

/** A space: what it is about, and the rooms in it, whether one is in them or not. */
export function SpacePage({
  space,
  membersShown,
  onOpened,
  onInvite,
  onMembers,
  onSettings,
  onRoles,
  onShare,
  onCreateRoom,
  children,
}: SpacePageProps) {
  const { client } = useServices()
  const [dialog, setDialog] = useState<'add' | 'leave' | 'report'>()
  const [chosen, setChosen] = useState<SpaceEntry>()
  // Asked for anew when its rooms change.
  const listed = usePaged<SpaceEntry>(`${space.id} ${space.children.join(' ')}`, {
    load: async (from) => {
      const { entries, next } = await client.browseSpace(space.id, from)
      return { items: entries, next }
    },
    idOf: (entry) => entry.room.id,
  })

  return (
    <div className={css.page}>
      <header className={css.header}>
        <a className={css.back} href={HOME_HREF} aria-label="Back to the list">
          <ArrowLeft aria-hidden="true" />
        </a>
        <Avatar id={space.id} name={space.name} mxc={space.avatarMxc} size={64} shape="square" />
        <div className={css.words}>
          <h1>{space.name}</h1>
          <p className={css.detail}>Space · {plural(space.memberCount, 'member')}</p>
          {space.topic !== '' && <p className={css.topic}>{space.topic}</p>}
        </div>
        <div className={css.actions}>
          {space.can.invite && <IconButton label="Invite people" icon={<UserPlus />} onClick={onInvite} />}
          <IconButton
            label={membersLabel(space.asking)}
            badge={space.asking}
            icon={<Users />}
            pressed={membersShown}
            onClick={onMembers}
          />
          <IconButton label="Share" icon={<Link />} onClick={onShare} />
          <IconButton label="Space settings" icon={<Settings2 />} onClick={onSettings} />
          <Menu
            trigger={<IconButton label="More" icon={<Ellipsis />} tooltip={false} />}
            items={[
              { label: 'Report space', icon: <Flag />, onSelect: () => setDialog('report') },
              { label: 'Leave space', icon: <LogOut />, danger: true, onSelect: () => setDialog('leave') },
            ]}
          />
        </div>
      </header>
      <div className={css.banners}>{children}</div>
      {space.can.setChildren && (
        <div className={css.keeping}>
          <Button size="sm" onClick={onCreateRoom}>
            <Plus aria-hidden="true" /> New room
          </Button>
          <Button size="sm" onClick={() => setDialog('add')}>
            Add rooms
          </Button>
        </div>
      )}
      <SpaceRooms space={space} listed={listed} onOpened={onOpened} onChoose={setChosen} />
      <AddRoomsDialog
        space={space}
        open={dialog === 'add'}
        onOpenChange={(open) => setDialog(open ? 'add' : undefined)}
      />
      <Dialog
        open={chosen !== undefined}
        onOpenChange={() => setChosen(undefined)}
        title="Room of this space"
      >
        {chosen !== undefined && <RoomPreview room={chosen.room} onOpened={onOpened} />}
      </Dialog>
      <LeaveDialog
        room={space}
        open={dialog === 'leave'}
        onOpenChange={(open) => setDialog(open ? 'leave' : undefined)}
        onRoles={onRoles}
      />
      <ReportDialog
        what={dialog === 'report' ? { roomId: space.id } : undefined}
        name={`the space ${space.name}`}
        onClose={() => setDialog(undefined)}
      />
    </div>
  )
}

interface SpaceRoomsProps {
  space: RoomDetail
  listed: Paged<SpaceEntry>
  onOpened: (roomId: string) => void
  onChoose: (entry: SpaceEntry) => void
}

function SpaceRooms({ space, listed, onOpened, onChoose }: SpaceRoomsProps) {
  const { items: entries, status } = listed
  if (entries.length === 0) {
    if (status === 'failed') {
      return (
        <EmptyState
          icon={<CloudOff />}
          title="The rooms could not be listed"
          actions={<Button onClick={listed.retry}>Try again</Button>}
        >
          {listed.error}
        </EmptyState>
      )
    }
    if (status === 'loading') return <Waiting whole>Looking what is in it</Waiting>
    return (
      <EmptyState icon={<Shapes />} title="No rooms yet">
        {space.can.setChildren
          ? 'Make a room in it, or add rooms that you are in. Everybody in the space sees them here.'
          : 'Nobody has put a room into this space, or you may not see them.'}
      </EmptyState>
    )
  }
  return (
    <div className={css.rooms}>
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" aria-label={`Rooms of ${space.name}`}>
        {entries.map((entry) => (
          <li key={entry.room.id}>
            <SpaceRow space={space} entry={entry} onOpened={onOpened} onChoose={onChoose} />
          </li>
        ))}
      </ul>
      {listed.canLoadMore && (
        <Button className={css.more} busy={status === 'more'} onClick={listed.more}>
          Show more
        </Button>
      )}
    </div>
  )
}

interface SpaceRowProps extends Omit<SpaceRoomsProps, 'listed'> {
  entry: SpaceEntry
}

function SpaceRow({ space, entry, onOpened, onChoose }: SpaceRowProps) {
  const { client, attempt } = useServices()
  const entering = useEntering(entry.room, onOpened)
  const removable = space.can.setChildren && space.children.includes(entry.room.id)
  const simple = entering.entry === 'join' || entering.entry === 'accept'
  return (
    <>
      <FoundRoomRow
        room={entry.room}
        depth={entry.depth}
        badge={
          entering.entry === 'open'
            ? 'Joined'
            : entering.entry === 'waiting'
              ? ENTRY_WORDS.waiting
              : entry.suggested
                ? 'Suggested'
                : undefined
        }
        action={
          <span className={css.rowActions}>
            {simple && (
              <Button
                size="sm"
                busy={entering.busy}
                aria-label={`${ENTRY_WORDS[entering.entry]}: ${entry.room.name}`}
                onClick={() => entering.enter()}
              >
                {entering.entry === 'join' ? 'Join' : 'Accept'}
              </Button>
            )}
            {removable && (
              <Button
                size="sm"
                variant="ghost"
                aria-label={`Take ${entry.room.name} out of the space`}
                onClick={() =>
                  void attempt(
                    () => client.removeFromSpace(space.id, entry.room.id),
                    'The room could not be taken out',
                  )
                }
              >
                Take out
              </Button>
            )}
          </span>
        }
        onOpen={() => (entering.entry === 'open' ? onOpened(entry.room.id) : onChoose(entry))}
      />
      {entering.error !== undefined && (
        <p className={css.error} role="alert">
          {entering.error}
        </p>
      )}
    </>
  )
}
