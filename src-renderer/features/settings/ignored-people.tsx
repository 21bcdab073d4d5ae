import { useReadable, useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { NameAndDetail } from '../../ui/name-and-detail.tsx'
import css from './people-list.module.css'

/** Whose messages and invitations are not shown. */
export function IgnoredPeople() {
  const { client, attempt } = useServices()
  const ignored = useReadable(client.ignored)
  const people = [...ignored]
    .map((userId) => client.personOf(userId))
    .toSorted((a, b) => a.name.localeCompare(b.name))
  return (
    <section className={css.section} aria-label="Ignored people">
      <h4 className={css.heading}>Ignored people</h4>
      {people.length === 0 ? (
        <p className={css.empty}>Nobody. Ignore somebody from their page, and you see nothing of them.</p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-redundant-roles
        <ul role="list" aria-label="Ignored people" className={css.list}>
          {people.map((person) => (
            <li key={person.userId} className={css.row}>
              <Avatar id={person.userId} name={person.name} mxc={person.avatarMxc} size={32} />
              <NameAndDetail name={person.name} detail={person.userId} />
              <Button
                size="sm"
                aria-label={`Stop ignoring ${person.name}`}
                onClick={() =>
                  void attempt(
                    () => client.setIgnored(person.userId, false),
                    `${person.name} is still ignored`,
                  )
                }
              >
                Stop ignoring
              </Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
