import { useEffect, useState } from 'react'
import type { RoomDetail } from '../client/types.ts'
import { KnockBanner } from '../features/knocks/knock-banner.tsx'
import { InviteDialog } from '../features/members/invite-dialog.tsx'
import { RoomSettings, type SettingsPart } from '../features/room-settings/room-settings.tsx'
import { ReplacedBanner } from '../features/rooms/replaced-banner.tsx'
import { ShareDialog } from '../features/share/share-dialog.tsx'
import { SpacePage } from '../features/spaces/space-page.tsx'
import type { Panel } from '../model/conversation.ts'
import { shareRoom } from '../model/sharing.ts'
import { useAttention } from '../model/use-attention.ts'
import { useServices } from '../model/use-client.ts'
import { useEscape } from '../model/use-escape.ts'
import { RoomPeople } from './room-people.tsx'
import css from './shell.module.css'

interface JoinedSpaceProps {
  space: RoomDetail
  onOpened: (roomId: string) => void
  /** Make a new room in this space. */
  onCreateRoom: (spaceId: string) => void
}

export function JoinedSpace({ space, onOpened, onCreateRoom }: JoinedSpaceProps) {
  const [panel, setPanel] = useState<Panel>()
  const [dialog, setDialog] = useState<'invite' | 'share'>()
  const [settings, setSettings] = useState<SettingsPart>()
  const closed = (): void => setDialog(undefined)
  useEscape(() => setPanel(undefined))
  useSeen(space)
  return (
    <div className={css.room}>
      <SpacePage
        space={space}
        membersShown={panel?.kind === 'members'}
        onOpened={onOpened}
        onInvite={() => setDialog('invite')}
        onMembers={() => setPanel(panel?.kind === 'members' ? undefined : { kind: 'members' })}
        onSettings={() => setSettings('general')}
        onRoles={() => setSettings('roles')}
        onShare={() => setDialog('share')}
        onCreateRoom={() => onCreateRoom(space.id)}
      >
        <ReplacedBanner room={space} onOpened={onOpened} />
        <KnockBanner room={space} onSeeAll={() => setPanel({ kind: 'members' })} />
      </SpacePage>
      <RoomPeople room={space} panel={panel} openPanel={setPanel} onInvite={() => setDialog('invite')} />
      <InviteDialog
        room={space}
        open={dialog === 'invite'}
        onOpenChange={closed}
        onShare={() => setDialog('share')}
      />
      <RoomSettings
        room={space}
        part={settings}
        onClose={() => setSettings(undefined)}
        onUpgraded={onOpened}
      />
      <ShareDialog {...shareRoom(space)} open={dialog === 'share'} onOpenChange={closed} />
    </div>
  )
}

/** A space has no timeline: who looks at it has read what counted as unread, such as that it was replaced. */
function useSeen({ id, unread }: RoomDetail): void {
  const { client } = useServices()
  const attentive = useAttention()
  useEffect(() => {
    if (!attentive || unread === 0) return
    client.markRead(id).catch((error: unknown) => console.warn('The read marker could not be set', error))
  }, [client, id, unread, attentive])
}
