import type { RoomDetail } from '../../client/types.ts'
import { Button } from '../../ui/button.tsx'
import { ChoiceField, SwitchField } from '../../ui/field.tsx'
import { Note } from '../../ui/note.tsx'
import { Stack } from '../../ui/stack.tsx'
import { AllowedRooms } from './allowed-rooms.tsx'
import css from './room-settings.module.css'
import type { RoomDraft } from './use-room-draft.ts'

const HISTORY = [
  {
    value: 'joined',
    label: 'From when they joined',
    hint: 'What was said before somebody came stays hidden from them.',
  },
  {
    value: 'invited',
    label: 'From when they were invited',
    hint: 'As above, but they also see what was said between their invitation and their answer.',
  },
  {
    value: 'shared',
    label: 'Everything',
    hint: 'Whoever joins can scroll back to what was said before they came.',
  },
  {
    value: 'world_readable',
    label: 'Everything, also without joining',
    hint: 'Anybody who knows the room can read along without being a member, and nobody sees that they do.',
  },
] as const

type Rule = 'invite' | 'knock' | 'restricted' | 'public'

const ruleOf = (value: string): Rule | '' => {
  if (value === 'private') return 'invite'
  if (value === 'knock_restricted') return 'restricted'
  return value === 'invite' || value === 'knock' || value === 'restricted' || value === 'public' ? value : ''
}

interface AccessPartProps {
  room: RoomDetail
  settings: RoomDraft
  onAdvanced: () => void
}

/** Who may come in, and what they can read then. */
export function AccessPart({ room, settings, onAdvanced }: AccessPartProps) {
  const { facts } = settings
  const value = settings.text('joinRule')
  const rule = ruleOf(value)
  const whyNot = settings.whyNot('joinRule')
  const history = settings.text('history')
  const whyNotHistory = settings.whyNot('history')
  // Known to versions by number; others are newer than all of them.
  const version = /^\d+$/u.test(facts.version) ? Number(facts.version) : Number.MAX_SAFE_INTEGER
  const older = version < 8

  function choose(next: Rule | ''): void {
    if (next === '') return
    settings.edit('joinRule', next)
    if (next !== 'restricted') settings.drop('allow')
  }

  return (
    <Stack gap="lg">
      <section className={css.group}>
        <ChoiceField<Rule | ''>
          label="Who may join"
          value={rule}
          disabled={whyNot !== undefined}
          onChange={choose}
          options={[
            { value: 'invite', label: 'Invited people', hint: 'Others neither see nor enter it.' },
            {
              value: 'knock',
              label: 'People who ask',
              hint: 'Anybody may ask to join; whoever may invite lets them in or not.',
              disabled: version < 7,
            },
            {
              value: 'restricted',
              label: 'Members of a space or room',
              hint: 'Whoever is in one that you choose comes in without an invitation.',
              disabled: older,
            },
            { value: 'public', label: 'Everybody', hint: 'Anybody who knows the address comes in.' },
          ]}
        />
        {whyNot !== undefined && <Note>{whyNot}</Note>}
        {older && whyNot === undefined && (
          <Note>
            This room is too old for all of these.{' '}
            <Button size="sm" variant="ghost" onClick={onAdvanced}>
              Upgrade it
            </Button>
          </Note>
        )}
        {rule === '' && <Note>This room has a rule of its own, which Hearth does not know: “{value}”.</Note>}
        {rule === 'restricted' && (
          <div className={css.inset}>
            <AllowedRooms room={room} settings={settings} disabled={whyNot !== undefined} />
            {version >= 10 && (
              <SwitchField
                label="Others may ask to join"
                checked={value === 'knock_restricted'}
                disabled={whyNot !== undefined}
                onChange={(on) => settings.edit('joinRule', on ? 'knock_restricted' : 'restricted')}
              />
            )}
          </div>
        )}
        {rule === 'public' && settings.draft.has('joinRule') && (
          <Note tone="warn">
            {history === 'shared' || history === 'world_readable'
              ? 'Whoever joins can read what was said here before, also what was meant for a few.'
              : 'Anybody can join and read along from then on.'}
            {room.encrypted && ' The encryption does not keep them out: members can read everything.'}
          </Note>
        )}
      </section>
      <section className={css.group}>
        <ChoiceField<string>
          label="What new members can read"
          value={history}
          disabled={whyNotHistory !== undefined}
          onChange={(next) => settings.edit('history', next)}
          options={HISTORY}
        />
        {whyNotHistory === undefined ? (
          <Note tone={settings.draft.has('history') ? 'warn' : 'info'}>
            A change counts for what is written from then on. What was written before stays as readable as it
            was.
          </Note>
        ) : (
          <Note>{whyNotHistory}</Note>
        )}
      </section>
    </Stack>
  )
}
