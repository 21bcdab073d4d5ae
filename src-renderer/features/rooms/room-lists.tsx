import { Compass, LogIn, Plus } from 'lucide-react'
import type { RoomSummary } from '../../client/types.ts'
import type { SpaceGroup } from '../../model/rooms.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { Section } from '../../ui/section.tsx'
import { RoomRow } from './room-row.tsx'
import { SpaceSections } from './space-sections.tsx'

interface RoomListsProps {
  direct: readonly RoomSummary[]
  spaces: readonly SpaceGroup[]
  rooms: readonly RoomSummary[]
  selected: string | undefined
  onCreateRoom: () => void
  onJoinRoom: () => void
  onExplore: () => void
}

export function RoomLists({ direct, spaces, rooms, selected, ...asked }: RoomListsProps) {
  return (
    <>
      <Section title="Direct messages" empty="Choose somebody nearby to begin.">
        {direct.map((room) => (
          <RoomRow key={room.id} room={room} selected={room.id === selected} />
        ))}
      </Section>
      <SpaceSections spaces={spaces} selected={selected} />
      <Section
        title="Rooms"
        empty={
          spaces.length > 0
            ? 'All your rooms are in spaces.'
            : 'Make a room to talk with several people, or find one to join.'
        }
        action={
          <>
            <IconButton size="sm" label="Find rooms" icon={<Compass />} onClick={asked.onExplore} />
            <IconButton size="sm" label="Join a room" icon={<LogIn />} onClick={asked.onJoinRoom} />
            <IconButton size="sm" label="Create room" icon={<Plus />} onClick={asked.onCreateRoom} />
          </>
        }
      >
        {rooms.map((room) => (
          <RoomRow key={room.id} room={room} selected={room.id === selected} />
        ))}
      </Section>
    </>
  )
}
