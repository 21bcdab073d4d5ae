import { otherLevels, PERMISSIONS, type LevelKey, type Permission } from '../../model/power.ts'
import { consequenceOfRight, levelsOf, powerOf } from '../../model/room-rights.ts'
import { useServices } from '../../model/use-client.ts'
import { LevelSelect } from '../../ui/level-select.tsx'
import { Note } from '../../ui/note.tsx'
import { Stack } from '../../ui/stack.tsx'
import css from './room-settings.module.css'
import type { RoomDraft } from './use-room-draft.ts'

const GROUPS = [
  { group: 'messages', title: 'Messages' },
  { group: 'people', title: 'People' },
  { group: 'room', title: 'The room' },
] as const

/** "Who may …", row by row. */
export function RightsPart({ settings }: { settings: RoomDraft }) {
  const general = settings.whyNot('power:users_default')
  const space = settings.facts.state['m.room.create']?.['type'] === 'm.space'
  const rows = PERMISSIONS.filter((each) => each.only === undefined || (each.only === 'space') === space)
  const others = otherLevels(levelsOf(settings.facts))
  return (
    <Stack gap="lg">
      {general === undefined ? <p className={css.lead}>Who may …</p> : <Note>{general}</Note>}
      {GROUPS.map(({ group, title }) => {
        const own = rows.filter((each) => each.group === group)
        return own.length === 0 ? null : (
          <section key={group} aria-label={title}>
            <h3 className={css.heading}>{title}</h3>
            <ul className={css.rights}>
              {own.map((each) => (
                <Row key={each.key} permission={each} settings={settings} general={general} />
              ))}
            </ul>
          </section>
        )
      })}
      {others.length > 0 && (
        <section aria-label="Other kinds of events">
          <h3 className={css.heading}>Other kinds of events</h3>
          <ul className={css.rights}>
            {others.map((key) => (
              <Row key={key} permission={unknownTo(key)} settings={settings} general={general} />
            ))}
          </ul>
        </section>
      )}
    </Stack>
  )
}

/** What an app of its own may have asked for: it has no words but its type. */
function unknownTo(key: LevelKey): Pick<Permission, 'key' | 'label' | 'infinitive'> {
  const type = key.slice('events:'.length)
  return { key, label: `Send ${type}`, infinitive: `send ${type}` }
}

interface RowProps {
  permission: Pick<Permission, 'key' | 'label' | 'infinitive'>
  settings: RoomDraft
  general: string | undefined
}

function Row({ permission, settings, general }: RowProps) {
  const { client } = useServices()
  const { facts, draft } = settings
  const field = `power:${permission.key}` as const
  const value = settings.level(field)
  const whyNot = settings.whyNot(field)
  const consequence = draft.has(field) ? consequenceOfRight(facts, permission.key, value) : undefined
  return (
    <li className={css.right} data-changed={draft.has(field) || undefined}>
      <span className={css.rightLabel}>
        {permission.label}
        {whyNot !== undefined && whyNot !== general && <span className={css.detail}>{whyNot}</span>}
      </span>
      <LevelSelect
        many
        label={`Who may ${permission.infinitive}`}
        value={value}
        usersDefault={levelsOf(facts).usersDefault}
        most={powerOf(facts, client.userId)}
        disabled={whyNot !== undefined}
        onChange={(level) => settings.edit(field, level)}
      />
      {consequence !== undefined && (
        <div className={css.wide}>
          <Note tone="warn">{consequence}</Note>
        </div>
      )}
    </li>
  )
}
