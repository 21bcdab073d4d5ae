import { Check } from 'lucide-react'
import { useState } from 'react'
import type { RoomDetail } from '../../client/types.ts'
import { describeField, describeValue } from '../../model/room-draft.ts'
import { plural } from '../../model/text.ts'
import { lastingOf } from '../../model/lasting-edits.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import css from './room-settings.module.css'
import type { RoomDraft } from './use-room-draft.ts'

/** What is changed and not saved, what somebody else changed meanwhile, and why it could not be saved. */
export function SaveBar({ room, settings }: { room: RoomDetail; settings: RoomDraft }) {
  const { client } = useServices()
  const { draft, conflicts, state, problem } = settings
  const [asking, setAsking] = useState(false)
  if (draft.size === 0 && state === 'idle') return null
  const nameOf = (userId: string): string =>
    room.members.find((each) => each.userId === userId)?.name ?? client.personOf(userId).name

  const lasting = lastingOf(settings.facts, client.userId, draft, nameOf)

  return (
    <footer className={css.bar}>
      {conflicts.map(({ field, theirs }) => {
        const words = describeValue(field, theirs)
        return (
          <div key={field} className={css.conflict} role="alert">
            <p>
              Somebody else changed {describeField(field, nameOf)} meanwhile
              {words === undefined ? '.' : ` to ${words}.`}
            </p>
            <Button size="sm" onClick={() => settings.drop(field)}>
              Take theirs
            </Button>
            <Button size="sm" onClick={() => settings.keep(field)}>
              Keep mine
            </Button>
          </div>
        )
      })}
      {problem !== undefined && (
        <p className={css.problem} role="alert">
          Not everything could be saved. {problem}
        </p>
      )}
      <div className={css.barRow}>
        <output className={css.barWords}>
          {state === 'saving' ? (
            'Saving…'
          ) : draft.size === 0 ? (
            <>
              <Check aria-hidden="true" /> Saved
            </>
          ) : (
            plural(draft.size, 'change is not saved', 'changes are not saved')
          )}
        </output>
        {draft.size > 0 && (
          <>
            <Button variant="ghost" disabled={state === 'saving'} onClick={() => settings.discard()}>
              Discard
            </Button>
            <Button
              variant="primary"
              busy={state === 'saving'}
              disabled={conflicts.length > 0}
              onClick={() => (lasting.length > 0 ? setAsking(true) : void settings.save())}
            >
              Save
            </Button>
          </>
        )}
      </div>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="This cannot be taken back"
        description={lasting.join(' ')}
        action="Save it"
        onConfirm={() => void settings.save()}
      />
    </footer>
  )
}
