import { useState } from 'react'
import type { Member, RoomFacts } from '../../client/types.ts'
import { findPeople } from '../../model/member-groups.ts'
import { roleName } from '../../model/power.ts'
import { levelsOf, powerOf } from '../../model/room-rights.ts'
import { suggestCreators } from '../../model/suggest-creators.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { CheckRow } from '../../ui/check-row.tsx'
import { TextField } from '../../ui/field.tsx'
import { Note } from '../../ui/note.tsx'
import { Stack } from '../../ui/stack.tsx'
import css from './room-settings.module.css'

const MOST_FOUND = 5

interface UpgradeCreatorsProps {
  facts: RoomFacts
  /** Who is in the room beside oneself. */
  others: readonly Member[]
  chosen: ReadonlySet<string>
  disabled: boolean
  onChange: (chosen: ReadonlySet<string>) => void
}

/** Who shall be a creator of the new room, beside the one who upgrades it. */
export function UpgradeCreators({ facts, others, chosen, disabled, onChange }: UpgradeCreatorsProps) {
  const [search, setSearch] = useState('')
  const suggested = suggestCreators(facts, others)
  const shown = others.filter((each) => suggested.includes(each) || chosen.has(each.userId))
  const found =
    search.trim() === ''
      ? []
      : findPeople(
          others.filter((each) => !shown.includes(each)),
          search,
        ).slice(0, MOST_FOUND)
  const { usersDefault } = levelsOf(facts)

  function toggle(userId: string): void {
    const next = new Set(chosen)
    if (!next.delete(userId)) next.add(userId)
    onChange(next)
  }

  return (
    <Stack>
      <div>
        <p className={css.rightLabel}>Creators of the new room</p>
        <p className={css.hint}>
          You are one. Creators may do everything in the room, for as long as it exists.
          {suggested.length > 0 && ' These have the most to say in it now:'}
        </p>
      </div>
      {[...shown, ...found].length > 0 && (
        <fieldset className={css.creators} aria-label="Creators" disabled={disabled}>
          {[...shown, ...found].map((person) => (
            <CheckRow
              key={person.userId}
              title={person.name}
              detail={roleName(powerOf(facts, person.userId), usersDefault)}
              avatar={<Avatar id={person.userId} name={person.name} mxc={person.avatarMxc} size={32} />}
              checked={chosen.has(person.userId)}
              onToggle={() => toggle(person.userId)}
            />
          ))}
        </fieldset>
      )}
      {others.length > suggested.length && (
        <TextField
          label="Find another member"
          type="search"
          value={search}
          maxLength={100}
          disabled={disabled}
          hint={search.trim() !== '' && found.length === 0 ? 'No other member has such a name.' : undefined}
          onChange={(event) => setSearch(event.target.value)}
        />
      )}
      {chosen.size > 0 && (
        <Note tone="warn">Nobody can ever take this away from them again, not even you.</Note>
      )}
    </Stack>
  )
}
