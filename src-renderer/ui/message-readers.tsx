import type { Person } from '../model/types.ts'
import { listNames } from '../model/text.ts'
import { Avatar } from './avatar.tsx'
import css from './message-readers.module.css'

const MOST = 5

/** Small faces of those who have read up to here. */
export function Readers({
  people,
  onOpen,
}: {
  people: readonly Person[]
  onOpen?: (() => void) | undefined
}) {
  const shown = people.length > MOST ? people.slice(0, MOST - 1) : people
  const words = `Read by ${listNames(people.map((person) => person.name))}`
  return (
    <button
      type="button"
      className={css.readers}
      tabIndex={-1}
      title={words}
      aria-label={words}
      onClick={onOpen}
      disabled={onOpen === undefined}
    >
      {shown.map((person) => (
        <span key={person.userId} className={css.face}>
          <Avatar id={person.userId} name={person.name} mxc={person.avatarMxc} size={16} />
        </span>
      ))}
      {shown.length < people.length && <span className={css.more}>+{people.length - shown.length}</span>}
      {/* The faces replace the mark of the own message; that it is read is still said. */}
      <span className="visually-hidden">Read</span>
    </button>
  )
}
