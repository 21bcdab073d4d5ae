import { ChevronDown, ChevronRight, Compass } from 'lucide-react'
import { useState } from 'react'
import type { RoomSummary } from '../../client/types.ts'
import { loadFolded, saveFolded } from '../../model/folded.ts'
import type { SpaceGroup } from '../../model/rooms.ts'
import { HOME_HREF, roomHref } from '../../model/routes.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { AskingBadge } from '../../ui/asking-badge.tsx'
import { Section } from '../../ui/section.tsx'
import css from './room-lists.module.css'
import { RoomRow } from './room-row.tsx'

/** Each space with its rooms, which can be folded away. */
export function SpaceSections({
  spaces,
  selected,
}: {
  spaces: readonly SpaceGroup[]
  selected: string | undefined
}) {
  const [folded, setFolded] = useState(loadFolded)

  function toggle(spaceId: string): void {
    const next = new Set(folded)
    if (!next.delete(spaceId)) next.add(spaceId)
    setFolded(next)
    saveFolded(next)
  }

  return spaces.map(({ space, rooms }) => {
    const isFolded = folded.has(space.id)
    // The space has no row of its own.
    const hidden = isFolded ? [space, ...rooms] : [space]
    return (
      <Section
        key={space.id}
        title={space.name}
        heading={
          <button
            type="button"
            className={css.fold}
            aria-expanded={!isFolded}
            onClick={() => toggle(space.id)}
          >
            {isFolded ? <ChevronRight aria-hidden="true" /> : <ChevronDown aria-hidden="true" />}
            <span>{space.name}</span>
            <AskingBadge count={hidden.reduce((sum, each) => sum + each.asking, 0)} />
            <Hidden rooms={hidden} />
          </button>
        }
        empty={isFolded ? undefined : 'You are in none of its rooms yet.'}
        action={
          <IconButton
            size="sm"
            label={`Browse ${space.name}`}
            icon={<Compass />}
            pressed={space.id === selected}
            onClick={() => {
              window.location.hash = space.id === selected ? HOME_HREF : roomHref(space.id)
            }}
          />
        }
      >
        {rooms
          // What is open stays in view, so that one sees where one is.
          .filter((room) => !isFolded || room.id === selected)
          .map((room) => (
            <RoomRow key={room.id} room={room} selected={room.id === selected} />
          ))}
      </Section>
    )
  })
}

/** What has no row in view is not forgotten. */
function Hidden({ rooms }: { rooms: readonly RoomSummary[] }) {
  const unread = rooms.filter((room) => room.unread > 0 || room.markedUnread).length
  if (unread === 0) return null
  return (
    <span className={css.hidden} data-loud={rooms.some((room) => room.highlights > 0) || undefined}>
      {unread}
      <span className="visually-hidden"> unread</span>
    </span>
  )
}
