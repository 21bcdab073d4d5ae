import { CloudOff, Compass } from 'lucide-react'
import type { DirectoryQuery } from '../../client/finding.ts'
import type { FoundRoom } from '../../client/found-room.ts'
import { ENTRY_WORDS } from '../../model/entering.ts'
import { useServices } from '../../model/use-client.ts'
import { useEntering } from '../../model/use-entering.ts'
import { usePaged } from '../../model/use-paged.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { FoundRoomRow } from '../../ui/found-room-row.tsx'
import { Waiting } from '../../ui/waiting.tsx'
import css from './explore-dialog.module.css'

const TYPING_PAUSE_MS = 250

interface DirectoryListProps {
  query: DirectoryQuery
  onChoose: (room: FoundRoom) => void
  onOpened: (roomId: string) => void
}

export function DirectoryList({ query, onChoose, onOpened }: DirectoryListProps) {
  const { client } = useServices()
  const directory = usePaged<FoundRoom>(JSON.stringify(query), {
    load: async (from) => {
      const { rooms, next } = await client.directory(query, from)
      return { items: rooms, next }
    },
    idOf: (room) => room.id,
    pause: query.words === '' ? 0 : TYPING_PAUSE_MS,
  })
  const { items: rooms, status } = directory
  if (rooms.length === 0) {
    if (status === 'failed') {
      return (
        <EmptyState
          icon={<CloudOff />}
          title="The list could not be fetched"
          actions={<Button onClick={directory.retry}>Try again</Button>}
        >
          {directory.error}
        </EmptyState>
      )
    }
    if (status !== 'ready') return <Waiting whole>Looking for rooms</Waiting>
    return (
      <EmptyState icon={<Compass />} title={query.words === '' ? 'No public rooms' : 'Nothing found'}>
        {query.words === ''
          ? 'Rooms appear here when those who keep them list them in the directory, in the settings of the room.'
          : 'No listed room has these words. Look on another server, or paste the address of a room.'}
      </EmptyState>
    )
  }
  return (
    <div className={css.results} aria-busy={status === 'loading' || status === 'more'}>
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" aria-label="Rooms found">
        {rooms.map((room) => (
          <li key={room.id}>
            <DirectoryRow room={room} onChoose={onChoose} onOpened={onOpened} />
          </li>
        ))}
      </ul>
      {status === 'failed' && (
        <p className={css.trouble} role="alert">
          {directory.error}{' '}
          <Button size="sm" onClick={directory.retry}>
            Try again
          </Button>
        </p>
      )}
      {directory.canLoadMore && status !== 'failed' && (
        <Button className={css.more} busy={status === 'more'} onClick={directory.more}>
          Show more
        </Button>
      )}
    </div>
  )
}

interface DirectoryRowProps extends Omit<DirectoryListProps, 'query'> {
  room: FoundRoom
}

function DirectoryRow({ room, onChoose, onOpened }: DirectoryRowProps) {
  const { entry } = useEntering(room, onOpened)
  const badge =
    entry === 'open' ? 'Joined' : entry === 'waiting' || entry === 'ask' ? ENTRY_WORDS[entry] : undefined
  return (
    <FoundRoomRow
      room={room}
      badge={badge}
      onOpen={() => (entry === 'open' ? onOpened(room.id) : onChoose(room))}
    />
  )
}
