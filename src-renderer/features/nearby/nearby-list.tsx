import { useState } from 'react'
import { nearbyPeople } from '../../model/people.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { useNow } from '../../model/use-now.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { ListRow } from '../../ui/list-row.tsx'
import { Section } from '../../ui/section.tsx'

/** People on the same network; one click begins a conversation. */
export function NearbyList({
  onOpened,
  large = false,
}: {
  onOpened: (roomId: string) => void
  large?: boolean
}) {
  const { client, attempt } = useServices()
  const nearby = useReadable(client.nearby)
  const rooms = useReadable(client.rooms)
  const [opening, setOpening] = useState<string>()
  const now = useNow()
  const people = nearbyPeople(nearby, rooms, now)

  async function open(userId: string): Promise<void> {
    setOpening(userId)
    await attempt(
      async () => onOpened(await client.openDirect(userId)),
      'The conversation could not be opened',
    )
    setOpening(undefined)
  }

  return (
    <Section title="Nearby" empty={emptyWords(nearby.status)}>
      {people.map((person) => (
        <li key={person.userId}>
          <ListRow
            compact={!large}
            avatar={
              <Avatar
                id={person.userId}
                name={person.name}
                mxc={person.avatarMxc}
                size={large ? 44 : 32}
                reachable={person.reachable}
              />
            }
            title={person.name}
            detail={opening === person.userId ? 'Opening…' : person.status}
            disabled={opening === person.userId}
            onClick={() => void open(person.userId)}
          />
        </li>
      ))}
    </Section>
  )
}

function emptyWords(status: 'loading' | 'ready' | 'unavailable'): string {
  if (status === 'unavailable') return 'Only the owner of this Hearth sees who is nearby.'
  return 'Looking around. People who open Hearth on this network appear here.'
}
