import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import type { NearbySnapshot } from '../../client/types.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { useNearbyPeople } from '../../model/use-nearby-people.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { ListRow } from '../../ui/list-row.tsx'
import { Section } from '../../ui/section.tsx'
import { NetworkNotes } from './network-notes.tsx'

/** People on the same network; one click begins a conversation. */
export function NearbyList({
  onOpened,
  onAdd,
  large = false,
}: {
  onOpened: (roomId: string) => void
  /** Add somebody whom discovery does not find. */
  onAdd: () => void
  large?: boolean
}) {
  const { client, attempt } = useServices()
  const nearby = useReadable(client.nearby)
  const [opening, setOpening] = useState<string>()
  const people = useNearbyPeople()

  async function open(userId: string): Promise<void> {
    setOpening(userId)
    await attempt(
      async () => onOpened(await client.openDirect(userId)),
      'The conversation could not be opened',
    )
    setOpening(undefined)
  }

  return (
    <Section
      title="Nearby"
      empty={<Nobody nearby={nearby} onAdd={onAdd} />}
      note={<NetworkNotes problems={nearby.problems ?? []} />}
      action={
        nearby.status === 'ready' && (
          <IconButton size="sm" label="Add somebody by address" icon={<UserPlus />} onClick={onAdd} />
        )
      }
    >
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

function Nobody({ nearby, onAdd }: { nearby: NearbySnapshot; onAdd: () => void }) {
  const { status, problems = [] } = nearby
  if (status === 'unavailable') return <p>Only the owner of this Hearth sees who is nearby.</p>
  if (status === 'loading') return <p>Looking around…</p>
  return (
    <>
      {/* The notes above know better. */}
      {problems.length === 0 && (
        <>
          <p>Nobody is here yet. People who open Hearth on the same network appear by themselves.</p>
          <p>
            Is somebody missing? Check that both computers use the same Wi-Fi or cable and that no firewall
            blocks Hearth. Guest and office networks often hide computers from each other; an address helps
            there.
          </p>
        </>
      )}
      <Button size="sm" onClick={onAdd}>
        <UserPlus aria-hidden="true" /> Add by address
      </Button>
    </>
  )
}
