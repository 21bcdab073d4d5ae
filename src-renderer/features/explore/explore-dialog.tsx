import { ArrowLeft, Compass } from 'lucide-react'
import { useState } from 'react'
import type { FoundRoom } from '../../client/found-room.ts'
import { parseAddress } from '../../model/addresses.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { RoomPreview } from '../../ui/room-preview.tsx'
import { Waiting } from '../../ui/waiting.tsx'
import { useFoundRoom } from '../../model/use-found-room.ts'
import { DirectoryList } from './directory-list.tsx'
import css from './explore-dialog.module.css'
import { SearchBar } from './search-bar.tsx'

interface ExploreDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** What was typed already, elsewhere. */
  initial: string
  onOpened: (roomId: string) => void
}

/** Rooms that one is not in yet: the directory of this and of other servers, and any address. */
export function ExploreDialog(props: ExploreDialogProps) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title="Find rooms"
      description="Public rooms of this Hearth, of people nearby and of other servers."
      width="lg"
    >
      <Explore key={props.initial} {...props} />
    </Dialog>
  )
}

function Explore({ initial, onOpenChange, onOpened }: ExploreDialogProps) {
  const [words, setWords] = useState(initial)
  const [server, setServer] = useState<string>()
  const [spacesOnly, setSpacesOnly] = useState(false)
  const [chosen, setChosen] = useState<FoundRoom>()
  const address = parseAddress(words)

  function opened(roomId: string): void {
    onOpenChange(false)
    onOpened(roomId)
  }

  if (chosen !== undefined) {
    return (
      <div className={css.body}>
        <Button size="sm" variant="ghost" className={css.back} onClick={() => setChosen(undefined)}>
          <ArrowLeft aria-hidden="true" /> Back
        </Button>
        <RoomPreview room={chosen} onOpened={opened} />
      </div>
    )
  }
  return (
    <div className={css.body}>
      <SearchBar
        words={words}
        onWords={setWords}
        server={server}
        onServer={setServer}
        spacesOnly={spacesOnly}
        onSpacesOnly={setSpacesOnly}
      />
      {address?.kind === 'room' ? (
        <AddressPreview key={words} room={address.room} via={address.via} onOpened={opened} />
      ) : (
        <DirectoryList
          query={{ server, words: words.trim(), spacesOnly }}
          onChoose={setChosen}
          onOpened={opened}
        />
      )}
    </div>
  )
}

interface AddressPreviewProps {
  room: string
  via: readonly string[]
  onOpened: (roomId: string) => void
}

/** An address that was typed into the search is looked up as one. */
function AddressPreview({ room, via, onOpened }: AddressPreviewProps) {
  const found = useFoundRoom(room, via)
  if (found.status === 'loading') return <Waiting whole>Looking up {room}</Waiting>
  if (found.room !== undefined) return <RoomPreview room={found.room} onOpened={onOpened} />
  return (
    <EmptyState icon={<Compass />} title="Nothing is told of this room">
      {found.error ??
        'It may be private, or there is none by this address. “Join a room” tries to go in all the same.'}
    </EmptyState>
  )
}
