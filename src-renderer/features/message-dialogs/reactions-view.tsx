import type { RoomEvent } from '../../client/types.ts'
import { useVerbs } from '../../model/conversation.ts'
import { useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { ListRow } from '../../ui/list-row.tsx'
import css from './message-dialogs.module.css'

/** Who gave which reaction. */
export function ReactionsView({ event, onClose }: { event: RoomEvent; onClose: () => void }) {
  const { client } = useServices()
  const { openPanel } = useVerbs()
  if (event.reactions.length === 0) return <p className={css.quiet}>There are none any more.</p>
  return event.reactions.map((reaction) => (
    <section key={reaction.key} className={css.reaction} aria-label={reaction.key}>
      <h3>
        <span className={css.key}>{reaction.key}</span> {reaction.people.length}
      </h3>
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" aria-label={`${reaction.key} by`}>
        {reaction.people.map((person) => (
          <li key={person.userId}>
            <ListRow
              compact
              title={person.userId === client.userId ? `${person.name} (you)` : person.name}
              avatar={<Avatar id={person.userId} name={person.name} mxc={person.avatarMxc} size={32} />}
              onClick={() => {
                onClose()
                openPanel({ kind: 'person', userId: person.userId })
              }}
            />
          </li>
        ))}
      </ul>
    </section>
  ))
}
