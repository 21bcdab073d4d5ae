import { Search } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useId, useState, type KeyboardEvent } from 'react'
import { parseAddress } from '../../model/addresses.ts'
import { rank } from '../../model/rooms.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { useDirectoryPeople } from '../../model/use-candidates.ts'
import { useNearbyPeople } from '../../model/use-nearby-people.ts'
import { Avatar } from '../../ui/avatar.tsx'
import css from './switcher.module.css'

interface Choice {
  readonly key: string
  readonly id: string
  readonly name: string
  readonly detail: string
  readonly avatarMxc: string | undefined
  readonly square: boolean
  readonly roomId: string | undefined
}

interface SwitcherProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  onRoom: (roomId: string) => void
  onPerson: (userId: string) => void
  /** Something typed that is an address of its own. */
  onAddress: (text: string) => void
  /** Look for rooms that one is not in. */
  onExplore: (words: string) => void
}

/** Ctrl/⌘ K: go to any conversation by a few letters. */
export function Switcher(props: SwitcherProps) {
  return (
    <Dialog.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className={css.overlay} />
        <Dialog.Content className={css.content} aria-describedby={undefined}>
          <Dialog.Title className="visually-hidden">Go to a conversation</Dialog.Title>
          <SwitcherBody {...props} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function SwitcherBody({ onOpenChange, onRoom, onPerson, onAddress, onExplore }: SwitcherProps) {
  const [query, setQuery] = useState('')
  const [active, setActive] = useState(0)
  const listId = useId()
  const choices = [
    ...addressChoice(query),
    ...rank(useChoices(), query, (choice) => choice.name).slice(0, 12),
    ...useDirectoryChoices(query.trim()),
    ...elsewhereChoice(query),
  ]
  const current = choices[Math.min(active, choices.length - 1)]

  function choose(choice: Choice): void {
    onOpenChange(false)
    if (choice.key === ADDRESS) onAddress(query.trim())
    else if (choice.key === ELSEWHERE) onExplore(query.trim())
    else if (choice.roomId === undefined) onPerson(choice.id)
    else onRoom(choice.roomId)
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setActive((Math.min(active, choices.length - 1) + step + choices.length) % Math.max(1, choices.length))
    } else if (event.key === 'Enter' && current !== undefined && !event.nativeEvent.isComposing) {
      event.preventDefault()
      choose(current)
    }
  }

  return (
    <>
      <div className={css.search}>
        <Search aria-hidden="true" />
        <input
          type="text"
          role="combobox"
          aria-label="Go to a person or a room"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={current === undefined ? undefined : `${listId}-${current.key}`}
          placeholder="Go to a person or a room"
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value)
            setActive(0)
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      {/* The combobox pattern, which `select` cannot draw. */}
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role */}
      <div id={listId} role="listbox" aria-label="Conversations" className={css.list}>
        {choices.map((choice) => (
          // The text box above keeps the focus and handles the keys, as the combobox pattern asks for.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={choice.key}
            id={`${listId}-${choice.key}`}
            // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
            role="option"
            tabIndex={-1}
            aria-selected={choice === current}
            className={css.option}
            onClick={() => choose(choice)}
            onMouseMove={() => setActive(choices.indexOf(choice))}
          >
            <Avatar
              id={choice.id}
              name={choice.name}
              mxc={choice.avatarMxc}
              size={24}
              shape={choice.square ? 'square' : 'round'}
            />
            <span className={css.name}>{choice.name}</span>
            <span className={css.detail}>{choice.detail}</span>
          </div>
        ))}
      </div>
    </>
  )
}

const ADDRESS = 'address'
const ELSEWHERE = 'elsewhere'

/** People whom the node knows of, of whom no conversation is open. */
function useDirectoryChoices(words: string): Choice[] {
  const { client } = useServices()
  const rooms = useReadable(client.rooms)
  const nearby = useNearbyPeople()
  const found = useDirectoryPeople(parseAddress(words) === undefined ? words : '')
  const listed = new Set([
    ...rooms.map((room) => room.directWith?.userId),
    ...nearby.map((person) => person.userId),
  ])
  return found
    .filter((person) => !listed.has(person.userId))
    .slice(0, 5)
    .map((person) => ({
      key: person.userId,
      id: person.userId,
      name: person.name,
      detail: person.userId,
      avatarMxc: person.avatarMxc,
      square: false,
      roomId: undefined,
    }))
}

/** What is not in the own lists may be in a directory. */
function elsewhereChoice(query: string): Choice[] {
  const words = query.trim()
  if (words === '' || parseAddress(words) !== undefined) return []
  return [
    {
      key: ELSEWHERE,
      id: ELSEWHERE,
      name: `Find rooms with “${words}”`,
      detail: 'Directory',
      avatarMxc: undefined,
      square: true,
      roomId: undefined,
    },
  ]
}

function addressChoice(query: string): Choice[] {
  const address = parseAddress(query)
  if (address === undefined) return []
  const [id, name, detail] =
    address.kind === 'room'
      ? [address.room, `Join ${address.room}`, 'Room address']
      : address.kind === 'person'
        ? [address.userId, `Write to ${address.userId}`, 'Person']
        : [address.serverName, `Add ${address.serverName}`, 'Hearth link']
  const square = address.kind === 'room'
  return [{ key: ADDRESS, id, name, detail, avatarMxc: undefined, square, roomId: undefined }]
}

function useChoices(): Choice[] {
  const { client } = useServices()
  const rooms = useReadable(client.rooms)
  const nearby = useNearbyPeople()
  const joined = rooms
    .filter((room) => room.membership === 'join')
    .toSorted((a, b) => b.lastActivityTs - a.lastActivityTs)
  const known = new Set(joined.map((room) => room.directWith?.userId))
  return [
    ...joined.map((room) => ({
      key: room.id,
      id: room.directWith?.userId ?? room.id,
      name: room.name,
      detail:
        room.unread > 0
          ? `${room.unread} unread`
          : room.isSpace
            ? 'Space'
            : room.directWith === undefined
              ? 'Room'
              : 'Direct message',
      avatarMxc: room.avatarMxc,
      square: room.directWith === undefined,
      roomId: room.id,
    })),
    ...nearby
      .filter((person) => !known.has(person.userId))
      .map((person) => ({
        key: person.userId,
        id: person.userId,
        name: person.name,
        detail: 'Nearby',
        avatarMxc: person.avatarMxc,
        square: false,
        roomId: undefined,
      })),
  ]
}
