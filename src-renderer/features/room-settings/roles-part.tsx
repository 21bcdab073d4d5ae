import { useState } from 'react'
import type { Member, Person, RoomDetail } from '../../client/types.ts'
import { MEMBER, roleName } from '../../model/power.ts'
import { findPeople } from '../../model/member-groups.ts'
import {
  cannotTakeBack,
  consequenceOfDefault,
  consequenceOfRole,
  levelsOf,
  powerOf,
  withoutRole,
} from '../../model/room-rights.ts'
import { plural } from '../../model/text.ts'
import { useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { TextField } from '../../ui/field.tsx'
import { LevelSelect } from '../../ui/level-select.tsx'
import { Note } from '../../ui/note.tsx'
import { Stack } from '../../ui/stack.tsx'
import css from './room-settings.module.css'
import type { RoomDraft } from './use-room-draft.ts'

const MOST_FOUND = 8

interface RolesPartProps {
  room: RoomDetail
  settings: RoomDraft
}

/** Who has more power than the others, and who shall get it. */
export function RolesPart({ room, settings }: RolesPartProps) {
  const { client } = useServices()
  const [search, setSearch] = useState('')
  const { facts, draft } = settings
  const levels = levelsOf(facts)
  const general = settings.whyNot('power:users_default')
  const byId = new Map<string, Person>(room.members.map((each) => [each.userId, each]))

  const withRole = new Set([
    ...facts.creators,
    ...Object.keys(levels.users).filter((userId) => levels.users[userId] !== levels.usersDefault),
    ...[...draft.keys()].flatMap((field) =>
      field.startsWith('power:users:') ? [field.slice('power:users:'.length)] : [],
    ),
  ])
  const people = [...withRole]
    .map((userId) => byId.get(userId) ?? client.personOf(userId))
    .toSorted((a, b) => powerOf(facts, b.userId) - powerOf(facts, a.userId) || a.name.localeCompare(b.name))
  const matching = findPeople(
    room.members.filter((each) => each.membership === 'join' && !withRole.has(each.userId)),
    search,
  )
  const found = matching.slice(0, MOST_FOUND)

  return (
    <Stack>
      <p className={css.lead}>
        Owners decide about everything, moderators keep order, members take part. What each may do stands
        under Permissions.
      </p>
      {general !== undefined && <Note>{general}</Note>}
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" aria-label="People with a role" className={css.people}>
        {people.map((person) => (
          <PersonRole
            key={person.userId}
            person={person}
            here={byId.has(person.userId)}
            settings={settings}
          />
        ))}
      </ul>
      <NewMembers room={room} settings={settings} />
      {general === undefined && (
        <div className={css.give}>
          <TextField
            label="Give somebody a role"
            placeholder="Search members"
            type="search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          {found.length > 0 && (
            // oxlint-disable-next-line jsx-a11y/no-redundant-roles
            <ul role="list" aria-label="Members found" className={css.people}>
              {found.map((person) => (
                <PersonRole key={person.userId} person={person} here settings={settings} />
              ))}
            </ul>
          )}
          {matching.length > found.length && (
            <p className={css.hint}>
              And {plural(matching.length - found.length, 'other')}: search to find them.
            </p>
          )}
          {search.trim() !== '' && found.length === 0 && (
            <p className={css.hint}>No other member has such a name.</p>
          )}
        </div>
      )}
    </Stack>
  )
}

/** The power of everybody who has no role. */
function NewMembers({ room, settings }: RolesPartProps) {
  const { client } = useServices()
  const { facts, draft } = settings
  const field = 'power:users_default'
  const value = settings.level(field)
  const count = withoutRole(facts, room.members).length
  const consequence = draft.has(field) ? consequenceOfDefault(facts, client.userId, value) : undefined
  return (
    <div className={css.right} data-changed={draft.has(field) || undefined}>
      <span className={css.rightLabel}>
        New members are
        <span className={css.detail}>
          {count === 0
            ? 'Everybody here has a role of their own.'
            : `So are all who have no role of their own: ${plural(count, 'person', 'people')} now.`}
        </span>
      </span>
      <LevelSelect
        label="New members are"
        value={value}
        usersDefault={MEMBER}
        most={powerOf(facts, client.userId)}
        disabled={settings.whyNot(field) !== undefined}
        onChange={(level) => settings.edit(field, level)}
      />
      {consequence !== undefined && (
        <div className={css.wide}>
          <Note tone="warn">{consequence}</Note>
        </div>
      )}
    </div>
  )
}

interface PersonRoleProps {
  person: Person | Member
  here: boolean
  settings: RoomDraft
}

function PersonRole({ person, here, settings }: PersonRoleProps) {
  const { client } = useServices()
  const { facts, draft } = settings
  const me = client.userId
  const field = `power:users:${person.userId}` as const
  const creator = facts.creators.includes(person.userId)
  const value = creator ? Infinity : settings.level(field)
  const whyNot = settings.whyNot(field)
  const consequence = draft.has(field) ? consequenceOfRole(facts, me, person.userId, value) : undefined
  const warns = cannotTakeBack(facts, me, person.userId, value) || value < levelsOf(facts).eventsDefault
  return (
    <li className={css.person}>
      <Avatar id={person.userId} name={person.name} mxc={person.avatarMxc} size={32} />
      <div className={css.words}>
        <p className={css.name}>
          {person.name}
          {person.userId === me && <span className={css.muted}> (you)</span>}
        </p>
        {(!here || whyNot !== undefined) && (
          <p className={css.detail}>{here ? whyNot : 'Not in the room now'}</p>
        )}
      </div>
      {creator ? (
        <span className={css.fixed}>{roleName(Infinity)}</span>
      ) : (
        <LevelSelect
          label={`Role of ${person.name}`}
          value={value}
          usersDefault={levelsOf(facts).usersDefault}
          most={powerOf(facts, me)}
          disabled={whyNot !== undefined}
          onChange={(level) => settings.edit(field, level)}
        />
      )}
      {consequence !== undefined && (
        <div className={css.wide}>
          <Note tone={warns ? 'warn' : 'info'}>{consequence}</Note>
        </div>
      )}
    </li>
  )
}
