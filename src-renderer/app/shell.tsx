import { Flame, Plus, WifiOff } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Invites } from '../features/invites/invites.tsx'
import { NearbyList } from '../features/nearby/nearby-list.tsx'
import { CreateRoom } from '../features/rooms/create-room.tsx'
import { RoomLists } from '../features/rooms/room-lists.tsx'
import { SettingsDialog } from '../features/settings/settings-dialog.tsx'
import { Sidebar } from '../features/sidebar/sidebar.tsx'
import { Switcher } from '../features/switcher/switcher.tsx'
import { arrangeRooms } from '../model/rooms.ts'
import { roomHref } from '../model/routes.ts'
import { useReadable, useServices } from '../model/use-client.ts'
import { Banner } from '../ui/banner.tsx'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { RoomPage } from './room-page.tsx'
import css from './shell.module.css'
import { useRoute } from './use-route.ts'
import { useSignals } from './use-signals.ts'

const LOST_AFTER_MS = 1_500

function goTo(roomId: string): void {
  window.location.hash = roomHref(roomId)
}

export function Shell({ onSignOut }: { onSignOut: () => void }) {
  const { client, attempt } = useServices()
  const route = useRoute()
  const rooms = useReadable(client.rooms)
  const [dialog, setDialog] = useState<'create' | 'settings' | 'switcher'>()
  const { invites, direct, rooms: groups } = arrangeRooms(rooms)
  const roomId = route.page === 'room' ? route.roomId : undefined
  const lost = useLost()

  useSignals(roomId)
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey) return
      event.preventDefault()
      setDialog((open) => (open === undefined ? 'switcher' : open === 'switcher' ? undefined : open))
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [])

  const toggle = (which: NonNullable<typeof dialog>) => (open: boolean) => setDialog(open ? which : undefined)

  return (
    <div className={css.shell} data-page={route.page}>
      <Sidebar onSwitcher={() => setDialog('switcher')} onSettings={() => setDialog('settings')}>
        <Invites invites={invites} />
        <RoomLists
          direct={direct}
          rooms={groups}
          selected={roomId}
          onCreateRoom={() => setDialog('create')}
        />
        <NearbyList onOpened={goTo} />
      </Sidebar>
      <main className={css.main}>
        {lost && (
          <Banner icon={<WifiOff aria-hidden="true" />} tone="warn">
            Reconnecting to Hearth… What you write is kept and sent when it is back.
          </Banner>
        )}
        {roomId === undefined ? (
          <Home onCreateRoom={() => setDialog('create')} />
        ) : (
          <RoomPage key={roomId} roomId={roomId} onOpened={goTo} />
        )}
      </main>
      <CreateRoom open={dialog === 'create'} onOpenChange={toggle('create')} onCreated={goTo} />
      <SettingsDialog open={dialog === 'settings'} onOpenChange={toggle('settings')} onSignOut={onSignOut} />
      <Switcher
        open={dialog === 'switcher'}
        onOpenChange={toggle('switcher')}
        onRoom={goTo}
        onPerson={(userId) =>
          void attempt(
            async () => goTo(await client.openDirect(userId)),
            'The conversation could not be opened',
          )
        }
      />
    </div>
  )
}

function Home({ onCreateRoom }: { onCreateRoom: () => void }) {
  return (
    <EmptyState
      icon={<Flame />}
      title="Pull up a chair"
      actions={
        <Button onClick={onCreateRoom}>
          <Plus aria-hidden="true" /> Create room
        </Button>
      }
    >
      Choose somebody nearby to write to, or make a room for several people.
    </EmptyState>
  )
}

/** A hiccup is no news: only a connection that stays away for a moment is. */
function useLost(): boolean {
  const { client } = useServices()
  const connection = useReadable(client.connection)
  const [overdue, setOverdue] = useState(false)
  useEffect(() => {
    if (connection !== 'lost') return
    const timer = setTimeout(() => setOverdue(true), LOST_AFTER_MS)
    return () => {
      clearTimeout(timer)
      setOverdue(false)
    }
  }, [connection])
  return connection === 'lost' && overdue
}
