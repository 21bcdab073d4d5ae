import { UserPlus } from 'lucide-react'
import { useDeferredValue, useMemo, useRef, useState, type ComponentProps } from 'react'
import { Virtualizer } from 'virtua'
import type { Member, Outsider, RoomDetail } from '../../client/types.ts'
import { memberRows } from '../../model/member-groups.ts'
import { isReachable } from '../../model/people.ts'
import { mayModerate } from '../../model/room-rights.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { KnockAnswer } from '../../ui/knock-answer.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import css from './member-panel.module.css'

interface MemberPanelProps {
  room: RoomDetail
  onClose: () => void
  onInvite: () => void
  /** Who one of them is. */
  onPerson: (userId: string) => void
}

/** Everybody the room knows; of thousands only those in view are in the page. */
export function MemberPanel({ room, onClose, onInvite, onPerson }: MemberPanelProps) {
  const { client } = useServices()
  const facts = useReadable(client.roomFacts(room.id))
  const [search, setSearch] = useState('')
  const sought = useDeferredValue(search)
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useMemo(() => memberRows(room.members, facts, sought), [room.members, facts, sought])

  return (
    <SidePanel
      title="Members"
      onClose={onClose}
      footer={
        room.can.invite && (
          <Button onClick={onInvite}>
            <UserPlus aria-hidden="true" /> Invite people
          </Button>
        )
      }
    >
      <div className={css.search}>
        <SearchField label="Search members" value={search} onChange={setSearch} />
      </div>
      <div ref={scroller} className={css.scroller}>
        {rows.length === 0 && <p className={css.nobody}>Nobody here has such a name.</p>}
        <Virtualizer as={List} item="li" scrollRef={scroller} data={rows}>
          {(row) =>
            row.kind === 'heading' ? (
              <h3 key={row.key} className={css.heading}>
                {row.title} <span>{row.count.toLocaleString()}</span>
              </h3>
            ) : row.person.membership === 'knock' ? (
              <Request key={row.key} room={room} person={row.person} onPerson={onPerson} />
            ) : (
              <Row key={row.key} person={row.person} onPerson={onPerson} />
            )
          }
        </Virtualizer>
      </div>
    </SidePanel>
  )
}

/** A list without markers loses its role in some screen readers, unless it is given. */
function List(props: ComponentProps<'ul'>) {
  // oxlint-disable-next-line jsx-a11y/no-redundant-roles
  return <ul {...props} role="list" aria-label="Members" className={css.list} />
}

interface RowProps {
  person: Member | Outsider
  onPerson: (userId: string) => void
}

function Row({ person, onPerson }: RowProps) {
  const { client } = useServices()
  const nearby = useReadable(client.nearby)
  const me = person.userId === client.userId
  const here = person.membership === 'join'
  const reachable = me ? true : here ? isReachable(nearby, person.userId) : undefined
  const detail = detailOf(person, me ? undefined : reachable)
  return (
    <button type="button" className={css.member} onClick={() => onPerson(person.userId)}>
      <Avatar id={person.userId} name={person.name} mxc={person.avatarMxc} size={32} reachable={reachable} />
      <span className={css.words}>
        <span className={css.name}>
          {person.name}
          {me && <span className={css.you}> (you)</span>}
        </span>
        {detail !== undefined && <span className={css.detail}>{detail}</span>}
      </span>
    </button>
  )
}

function Request({ room, person, onPerson }: RowProps & { room: RoomDetail; person: Outsider }) {
  const { client } = useServices()
  const facts = useReadable(client.roomFacts(room.id))
  return (
    <div className={css.request}>
      <Row person={person} onPerson={onPerson} />
      {room.can.invite && facts !== undefined && (
        <div className={css.answer}>
          <KnockAnswer
            roomId={room.id}
            person={person}
            mayDeny={mayModerate(facts, client.userId, person.userId, 'kick')}
          />
        </div>
      )}
    </div>
  )
}

function detailOf(person: Member | Outsider, reachable: boolean | undefined): string | undefined {
  switch (person.membership) {
    case 'knock':
      return person.reason === undefined ? undefined : `“${person.reason}”`
    case 'ban':
      return [
        person.by === undefined ? undefined : `By ${person.by.name}`,
        person.reason === undefined ? undefined : `“${person.reason}”`,
      ]
        .filter((each) => each !== undefined)
        .join(': ')
    case 'invite':
      return 'Has not answered yet'
    case 'join':
      if (reachable === undefined) return undefined
      return reachable ? 'Here now' : 'Offline'
  }
}
