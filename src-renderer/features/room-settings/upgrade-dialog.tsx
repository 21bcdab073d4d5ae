import { useState, type FormEvent } from 'react'
import { hasCreators } from '../../client/creators.ts'
import type { RoomDetail, RoomFacts } from '../../client/types.ts'
import { plural } from '../../model/text.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { SwitchField } from '../../ui/field.tsx'
import { Stack } from '../../ui/stack.tsx'
import type { Versions } from './advanced-part.tsx'
import css from './room-settings.module.css'
import { UpgradeCreators } from './upgrade-creators.tsx'

interface UpgradeDialogProps {
  room: RoomDetail
  facts: RoomFacts
  versions: Versions
  open: boolean
  onOpenChange: (open: boolean) => void
  onUpgraded: (roomId: string) => void
}

export function UpgradeDialog(props: UpgradeDialogProps) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={`Upgrade ${props.room.name}?`}
      description={`A new ${kindOf(props.room)} takes the place of this one. This cannot be undone.`}
    >
      <UpgradeForm {...props} />
    </Dialog>
  )
}

const kindOf = (room: RoomDetail): string => (room.isSpace ? 'space' : 'room')

function UpgradeForm({ room, facts, versions, onOpenChange, onUpgraded }: UpgradeDialogProps) {
  const { client, describe, toast } = useServices()
  const what = kindOf(room)
  const { newest, known } = versions
  const [version, setVersion] = useState(newest)
  const closed = facts.state['m.room.join_rules']?.['join_rule'] !== 'public'
  const others = room.members.filter((each) => each.membership === 'join' && each.userId !== client.userId)
  const [invite, setInvite] = useState(true)
  // Whoever is one now stays one, unless somebody decides otherwise.
  const [creators, setCreators] = useState<ReadonlySet<string>>(
    () => new Set(facts.creators.filter((each) => each !== client.userId)),
  )
  const [busy, setBusy] = useState<string>()
  const [problem, setProblem] = useState<string>()

  async function upgrade(): Promise<void> {
    setBusy(`Making the new ${what}…`)
    setProblem(undefined)
    try {
      const replacement = await client.upgradeRoom(
        room.id,
        version,
        hasCreators(version) ? [...creators] : [],
      )
      if (closed && invite) await inviteAll(replacement)
      onOpenChange(false)
      onUpgraded(replacement)
    } catch (error) {
      setProblem(describe(error))
    }
    setBusy(undefined)
  }

  /** One whose computer is away cannot be invited now; the others must not wait for it. */
  async function inviteAll(replacement: string): Promise<void> {
    const missed: string[] = []
    for (const [index, member] of others.entries()) {
      setBusy(`Inviting ${index + 1} of ${others.length}…`)
      await client.invite(replacement, member.userId).catch((error: unknown) => {
        console.warn('A member could not be invited to the new room', error)
        missed.push(member.name)
      })
    }
    if (missed.length > 0)
      toast(`${plural(missed.length, 'member')} could not be invited: ${missed.slice(0, 5).join(', ')}`)
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (busy === undefined) void upgrade()
  }

  return (
    <form onSubmit={onSubmit}>
      <Stack>
        <ul className={css.steps}>
          <li>Name, topic, picture, roles and settings go along; so do the addresses.</li>
          {!room.isSpace && (
            <li>
              What was written stays in the old room, where everybody can read it and nobody writes any more.
            </li>
          )}
          <li>Members see where the {what} goes on, and follow with one click.</li>
        </ul>
        <label className={css.right}>
          <span className={css.rightLabel}>New version</span>
          <select
            className={css.select}
            value={version}
            disabled={busy !== undefined}
            onChange={(event) => setVersion(event.target.value)}
          >
            {known
              .toSorted((a, b) => Number(b) - Number(a) || a.localeCompare(b))
              .map((each) => (
                <option key={each} value={each}>
                  {each}
                  {each === newest ? ' (recommended)' : each === facts.version ? ' (as now)' : ''}
                </option>
              ))}
          </select>
        </label>
        {hasCreators(version) && others.length > 0 && (
          <UpgradeCreators
            facts={facts}
            others={others}
            chosen={creators}
            disabled={busy !== undefined}
            onChange={setCreators}
          />
        )}
        {closed && others.length > 0 && (
          <SwitchField
            label={
              others.length === 1 ? 'Invite the other member' : `Invite the ${others.length} other members`
            }
            hint={`Without an invitation they cannot follow into a ${what} that is not open to everybody.`}
            checked={invite}
            disabled={busy !== undefined}
            onChange={setInvite}
          />
        )}
        {problem !== undefined && (
          <p className={css.problem} role="alert">
            The {what} could not be upgraded. {problem}
          </p>
        )}
      </Stack>
      <DialogActions>
        <output className={css.barWords}>{busy}</output>
        <Button disabled={busy !== undefined} onClick={() => onOpenChange(false)}>
          Cancel
        </Button>
        <Button type="submit" variant="primary" busy={busy !== undefined}>
          Upgrade
        </Button>
      </DialogActions>
    </form>
  )
}
