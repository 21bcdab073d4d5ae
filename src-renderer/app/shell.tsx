import { Compass, Flame, Plus, WifiOff } from 'lucide-react'
import { useEffect, useState } from 'react'
import { ExploreDialog } from '../features/explore/explore-dialog.tsx'
import { InspectorPage } from '../features/inspector/inspector-page.tsx'
import { Invites } from '../features/invites/invites.tsx'
import { JoinDialog } from '../features/join/join-dialog.tsx'
import { AddPeerDialog } from '../features/nearby/add-peer-dialog.tsx'
import { NearbyList } from '../features/nearby/nearby-list.tsx'
import { CreateRoom } from '../features/rooms/create-room.tsx'
import { RoomLists } from '../features/rooms/room-lists.tsx'
import { SettingsDialog } from '../features/settings/settings-dialog.tsx'
import { Sidebar } from '../features/sidebar/sidebar.tsx'
import { Switcher } from '../features/switcher/switcher.tsx'
import { parseAddress, type Address } from '../model/addresses.ts'
import { arrangeRooms } from '../model/rooms.ts'
import { roomHref } from '../model/routes.ts'
import { useReadable, useServices } from '../model/use-client.ts'
import { Banner } from '../ui/banner.tsx'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { useDeepLinks } from './deep-links.ts'
import { RoomPage } from './room-page.tsx'
import css from './shell.module.css'
import { useRoute } from './use-route.ts'
import { useSignals } from './use-signals.ts'

const LOST_AFTER_MS = 1_500

/** What is asked for over the conversation. */
type Asked =
  | { readonly kind: 'settings' | 'switcher' }
  | { readonly kind: 'create'; readonly spaceId?: string | undefined }
  | { readonly kind: 'explore'; readonly initial: string }
  | { readonly kind: 'join'; readonly initial: string }
  | { readonly kind: 'peer'; readonly initial?: Extract<Address, { kind: 'peer' }> }

function goTo(roomId: string): void {
  window.location.hash = roomHref(roomId)
}

export function Shell({ onSignOut }: { onSignOut: () => void }) {
  const { client, attempt, toast } = useServices()
  const route = useRoute()
  const rooms = useReadable(client.rooms)
  const [dialog, setDialog] = useState<Asked>()
  const { invites, knocks, direct, spaces, rooms: groups } = arrangeRooms(rooms)
  const roomId = route.page === 'room' ? route.roomId : undefined
  const lost = useLost()

  useSignals(roomId)
  useKnockAnswers()
  useDeepLinks(openAddress)
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey) return
      event.preventDefault()
      setDialog((open) =>
        open === undefined ? { kind: 'switcher' } : open.kind === 'switcher' ? undefined : open,
      )
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [])

  const close = (): void => setDialog(undefined)

  /** From outside or typed: it only opens the question whether to follow it. */
  function openAddress(text: string): void {
    const address = parseAddress(text)
    if (address === undefined) toast('This link leads nowhere that Hearth knows.')
    else if (address.kind === 'peer') setDialog({ kind: 'peer', initial: address })
    else setDialog({ kind: 'join', initial: text })
  }

  return (
    <div className={css.shell} data-page={route.page}>
      <Sidebar
        onSwitcher={() => setDialog({ kind: 'switcher' })}
        onSettings={() => setDialog({ kind: 'settings' })}
      >
        <Invites invites={invites} knocks={knocks} />
        <RoomLists
          direct={direct}
          spaces={spaces}
          rooms={groups}
          selected={roomId}
          onCreateRoom={() => setDialog({ kind: 'create' })}
          onJoinRoom={() => setDialog({ kind: 'join', initial: '' })}
          onExplore={() => setDialog({ kind: 'explore', initial: '' })}
        />
        <NearbyList onOpened={goTo} onAdd={() => setDialog({ kind: 'peer' })} />
      </Sidebar>
      <main className={css.main}>
        {lost && (
          <Banner icon={<WifiOff aria-hidden="true" />} tone="warn">
            Reconnecting to Hearth… What you write is kept and sent when it is back.
          </Banner>
        )}
        {route.page === 'inspector' ? (
          <InspectorPage view={route.view} args={route.args} query={route.query} />
        ) : roomId === undefined ? (
          <Home
            onCreateRoom={() => setDialog({ kind: 'create' })}
            onExplore={() => setDialog({ kind: 'explore', initial: '' })}
          />
        ) : (
          <RoomPage
            key={roomId}
            roomId={roomId}
            eventId={route.page === 'room' ? route.eventId : undefined}
            onOpened={goTo}
            onAddress={openAddress}
            onCreateRoom={(spaceId) => setDialog({ kind: 'create', spaceId })}
          />
        )}
      </main>
      <CreateRoom
        open={dialog?.kind === 'create'}
        onOpenChange={close}
        spaceId={dialog?.kind === 'create' ? dialog.spaceId : undefined}
        onCreated={goTo}
      />
      <ExploreDialog
        open={dialog?.kind === 'explore'}
        onOpenChange={close}
        initial={dialog?.kind === 'explore' ? dialog.initial : ''}
        onOpened={goTo}
      />
      <JoinDialog
        open={dialog?.kind === 'join'}
        onOpenChange={close}
        initial={dialog?.kind === 'join' ? dialog.initial : ''}
        onOpened={goTo}
      />
      <AddPeerDialog
        open={dialog?.kind === 'peer'}
        onOpenChange={close}
        onOpened={goTo}
        initial={dialog?.kind === 'peer' ? dialog.initial : undefined}
      />
      <SettingsDialog open={dialog?.kind === 'settings'} onOpenChange={close} onSignOut={onSignOut} />
      <Switcher
        open={dialog?.kind === 'switcher'}
        onOpenChange={close}
        onRoom={goTo}
        onAddress={openAddress}
        onExplore={(words) => setDialog({ kind: 'explore', initial: words })}
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

function Home({ onCreateRoom, onExplore }: { onCreateRoom: () => void; onExplore: () => void }) {
  return (
    <EmptyState
      icon={<Flame />}
      title="Pull up a chair"
      actions={
        <>
          <Button onClick={onCreateRoom}>
            <Plus aria-hidden="true" /> Create room
          </Button>
          <Button onClick={onExplore}>
            <Compass aria-hidden="true" /> Find rooms
          </Button>
        </>
      }
    >
      Choose somebody nearby to write to, or make a room for several people.
    </EmptyState>
  )
}

/** Somebody answered at a door that one knocked on. */
function useKnockAnswers(): void {
  const { client, toast } = useServices()
  useEffect(
    () =>
      client.onKnockAnswered(({ name, let: way, reason }) => {
        const words = way === 'in' ? `You were let into ${name}.` : `You were not let into ${name}.`
        toast(reason === undefined || way === 'in' ? words : `${words} The reason: ${reason}`)
      }),
    [client, toast],
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
