import { CloudOff } from 'lucide-react'
import { useCallback, useState } from 'react'
import type { RoomDetail } from '../client/types.ts'
import { Composer } from '../features/composer/composer.tsx'
import { DeniedByBanner } from '../features/denied-servers/denied-by-banner.tsx'
import { DeniedBanner } from '../features/denied-servers/denied-banner.tsx'
import { DropZone } from '../features/files/drop-zone.tsx'
import { FilesPanel } from '../features/files/files-panel.tsx'
import { UploadTray } from '../features/files/upload-tray.tsx'
import { InviteDialog } from '../features/members/invite-dialog.tsx'
import { KnockBanner } from '../features/knocks/knock-banner.tsx'
import { MessageDialogs } from '../features/message-dialogs/message-dialogs.tsx'
import { PinsPanel } from '../features/pins/pins-panel.tsx'
import { RoomSettings, type SettingsPart } from '../features/room-settings/room-settings.tsx'
import { ReplacedBanner } from '../features/rooms/replaced-banner.tsx'
import { RoomHeader } from '../features/rooms/room-header.tsx'
import { SearchPanel } from '../features/search/search-panel.tsx'
import { ShareDialog } from '../features/share/share-dialog.tsx'
import { ThreadPanel } from '../features/threads/thread-panel.tsx'
import { ThreadsPanel } from '../features/threads/threads-panel.tsx'
import { Timeline } from '../features/timeline/timeline.tsx'
import type { Panel, Question } from '../model/conversation.ts'
import { describeReachability } from '../model/people.ts'
import { shareRoom } from '../model/sharing.ts'
import { useReadable, useServices } from '../model/use-client.ts'
import { Banner } from '../ui/banner.tsx'
import { ConversationProvider } from './conversation-provider.tsx'
import { JoinedSpace } from './joined-space.tsx'
import { Missing } from './missing-room.tsx'
import { RoomPeople } from './room-people.tsx'
import { useJump } from './use-jump.ts'
import { useOpenLink } from './use-open-link.ts'
import css from './shell.module.css'

interface RoomPageProps {
  roomId: string
  /** The message to open the room at. */
  eventId?: string | undefined
  onOpened: (roomId: string) => void
  /** An address that leads out of this room; it is asked about before it is followed. */
  onAddress: (address: string) => void
  /** Make a new room in this space. */
  onCreateRoom: (spaceId: string) => void
}

export function RoomPage({ roomId, ...rest }: RoomPageProps) {
  const { client } = useServices()
  const room = useReadable(client.room(roomId))
  if (room?.membership !== 'join')
    return <Missing roomId={roomId} membership={room?.membership} onOpened={rest.onOpened} />
  return room.isSpace ? <JoinedSpace space={room} {...rest} /> : <JoinedRoom room={room} {...rest} />
}

interface JoinedRoomProps extends Omit<RoomPageProps, 'roomId'> {
  room: RoomDetail
}

function JoinedRoom({ room, eventId, onOpened, onAddress }: JoinedRoomProps) {
  const { client } = useServices()
  const nearby = useReadable(client.nearby)
  const [panel, setPanel] = useState<Panel>()
  const [question, setQuestion] = useState<Question>()
  const [dialog, setDialog] = useState<'invite' | 'share'>()
  const [settings, setSettings] = useState<SettingsPart>()
  const away = describeReachability(nearby, room, client.userId)
  const close = useCallback(() => setPanel(undefined), [])
  const { target, jumpTo } = useJump(room.id, eventId, setPanel)
  const openLink = useOpenLink(setPanel, onAddress)
  const shared = { room, ask: setQuestion, openPanel: setPanel, jumpTo, openLink }

  return (
    <ConversationProvider {...shared}>
      <div className={css.room}>
        <DropZone>
          <div className={css.conversation}>
            <RoomHeader
              room={room}
              panel={panel}
              onInvite={() => setDialog('invite')}
              onSettings={() => setSettings('general')}
              onRoles={() => setSettings('roles')}
              onShare={() => setDialog('share')}
            />
            <Timeline room={room} target={target} onClosePanel={panel === undefined ? undefined : close} />
            <ReplacedBanner room={room} onOpened={onOpened} />
            <KnockBanner room={room} onSeeAll={() => setPanel({ kind: 'members' })} />
            <DeniedBanner room={room} />
            <DeniedByBanner room={room} />
            {away !== undefined && <Banner icon={<CloudOff aria-hidden="true" />}>{away}</Banner>}
            <UploadTray />
            <Composer room={room} />
          </div>
        </DropZone>
        <RoomPeople room={room} panel={panel} openPanel={setPanel} onInvite={() => setDialog('invite')} />
        {panel?.kind === 'thread' && (
          <ConversationProvider key={panel.rootId} {...shared} threadId={panel.rootId}>
            <DropZone beside>
              <ThreadPanel rootId={panel.rootId} target={target} onClose={close}>
                <UploadTray />
                <Composer room={room} />
              </ThreadPanel>
            </DropZone>
          </ConversationProvider>
        )}
        {panel?.kind === 'threads' && <ThreadsPanel onClose={close} />}
        {panel?.kind === 'pins' && <PinsPanel onClose={close} />}
        {panel?.kind === 'files' && <FilesPanel onClose={close} />}
        {panel?.kind === 'search' && <SearchPanel onClose={close} />}
        <InviteDialog
          room={room}
          open={dialog === 'invite'}
          onOpenChange={(open) => setDialog(open ? 'invite' : undefined)}
          onShare={() => setDialog('share')}
        />
        <ShareDialog
          {...shareRoom(room)}
          open={dialog === 'share'}
          onOpenChange={(open) => setDialog(open ? 'share' : undefined)}
        />
        <RoomSettings
          room={room}
          part={settings}
          onClose={() => setSettings(undefined)}
          onUpgraded={onOpened}
        />
        <MessageDialogs question={question} onClose={() => setQuestion(undefined)} />
      </div>
    </ConversationProvider>
  )
}
