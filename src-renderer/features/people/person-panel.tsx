import { AtSign, MessageCircle } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Person, RoomDetail } from '../../client/types.ts'
import { describePresence, isReachable, serverOfUser } from '../../model/people.ts'
import { mayModerate } from '../../model/room-rights.ts'
import { roomHref } from '../../model/routes.ts'
import { useNow } from '../../model/use-now.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { Details } from '../../ui/details.tsx'
import { KnockAnswer } from '../../ui/knock-answer.tsx'
import { ListRow } from '../../ui/list-row.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { PersonActions } from './person-actions.tsx'
import css from './person-panel.module.css'
import { PersonRole } from './person-role.tsx'

/** Who somebody is, and what can be done with them. */
export function PersonPanel({
  room,
  userId,
  onClose,
  onBack,
}: {
  /** Where they are looked at: what they are in it, and what can be done about them there. */
  room: RoomDetail
  userId: string
  onClose: () => void
  onBack?: (() => void) | undefined
}) {
  const { client, attempt } = useServices()
  const member = room.members.find((each) => each.userId === userId)
  const facts = useReadable(client.roomFacts(room.id))
  const outsider = [...(facts?.knocking ?? []), ...(facts?.banned ?? [])].find(
    (each) => each.userId === userId,
  )
  const person = usePerson(userId, member ?? outsider)
  const presence = useReadable(client.presence(userId))
  const nearby = useReadable(client.nearby)
  const now = useNow(60_000)
  const me = userId === client.userId
  const shared = useReadable(client.rooms).filter(
    (each) => each.id !== room.id && client.isMember(each.id, userId),
  )
  const reachable = me ? true : isReachable(nearby, userId)

  return (
    <SidePanel title="Person" onClose={onClose} onBack={onBack}>
      <div className={css.card}>
        <Avatar id={userId} name={person.name} mxc={person.avatarMxc} size={88} reachable={reachable} />
        <h3 className={css.name}>
          {person.name}
          {me && <span className={css.you}> (you)</span>}
        </h3>
        <p className={css.presence}>{describePresence(presence, reachable, now)}</p>
        {presence?.statusMessage !== undefined && <p className={css.status}>{presence.statusMessage}</p>}
        {!me && (
          <div className={css.actions}>
            <Button
              variant="primary"
              onClick={() =>
                void attempt(async () => {
                  window.location.hash = roomHref(await client.openDirect(userId))
                }, 'The conversation could not be opened')
              }
            >
              <MessageCircle aria-hidden="true" /> Message
            </Button>
          </div>
        )}
      </div>
      {outsider?.membership === 'knock' && (
        <div className={css.section}>
          <p className={css.standing}>
            Asks to join{outsider.reason === undefined ? '.' : `: “${outsider.reason}”`}
          </p>
          {room.can.invite && facts !== undefined && (
            <div className={css.answer}>
              <KnockAnswer
                roomId={room.id}
                person={outsider}
                mayDeny={mayModerate(facts, client.userId, userId, 'kick')}
              />
            </div>
          )}
        </div>
      )}
      {outsider?.membership === 'ban' && (
        <div className={css.section}>
          <p className={css.standing}>
            Banned{outsider.by === undefined ? '' : ` by ${outsider.by.name}`}
            {outsider.reason === undefined ? '.' : `: “${outsider.reason}”`}
          </p>
        </div>
      )}
      {facts !== undefined && (
        <div key={userId} className={css.section}>
          {member !== undefined && <PersonRole person={person} facts={facts} />}
          {!me && (
            <PersonActions
              room={room}
              facts={facts}
              person={person}
              standing={member?.membership ?? outsider?.membership}
            />
          )}
        </div>
      )}
      {shared.length > 0 && !me && (
        <section className={css.section}>
          <h4>Also together in</h4>
          {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
          <ul role="list" aria-label="Also together in">
            {shared.slice(0, 20).map((each) => (
              <li key={each.id}>
                <ListRow
                  compact
                  href={roomHref(each.id)}
                  title={each.name}
                  avatar={
                    <Avatar id={each.id} name={each.name} mxc={each.avatarMxc} size={32} shape="square" />
                  }
                />
              </li>
            ))}
          </ul>
        </section>
      )}
      <div className={css.section}>
        <Details
          summary="For experts"
          rows={[
            { term: 'Matrix id', value: userId },
            { term: 'Server name', value: serverOfUser(userId) },
            ...(member === undefined || !Number.isFinite(member.powerLevel)
              ? []
              : [{ term: 'Power level here', value: String(member.powerLevel) }]),
          ]}
        />
      </div>
      {member === undefined && outsider === undefined && (
        <p className={css.gone}>
          <AtSign aria-hidden="true" /> Not in this {room.isSpace ? 'space' : 'room'} now.
        </p>
      )}
    </SidePanel>
  )
}

/** As the room knows them, else as their own server says. */
function usePerson(userId: string, member: Person | undefined): Person {
  const { client } = useServices()
  const [found, setFound] = useState<Person>()
  const known = member !== undefined
  useEffect(() => {
    if (known) return
    let current = true
    client
      .lookUpPerson(userId)
      .then((person) => current && setFound(person))
      .catch((error: unknown) => console.warn('A profile could not be read', error))
    return () => {
      current = false
    }
  }, [client, userId, known])
  if (member !== undefined) return member
  return found?.userId === userId ? found : client.personOf(userId)
}
