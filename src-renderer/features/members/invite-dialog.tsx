import { Check } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import type { RoomDetail } from '../../client/types.ts'
import { nearbyPeople, type NearbyPerson } from '../../model/people.ts'
import { isUserId, plural } from '../../model/text.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { useNow } from '../../model/use-now.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import css from './invite-dialog.module.css'

interface InviteDialogProps {
  room: RoomDetail
  open: boolean
  onOpenChange: (open: boolean) => void
}

export function InviteDialog(props: InviteDialogProps) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={`Invite people to ${props.room.name}`}
      description="They see the invitation at the top of their list."
    >
      <InviteForm {...props} />
    </Dialog>
  )
}

function InviteForm({ room, onOpenChange }: InviteDialogProps) {
  const { client, attempt, toast } = useServices()
  const nearby = useReadable(client.nearby)
  const rooms = useReadable(client.rooms)
  const now = useNow()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [typed, setTyped] = useState('')
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)

  const inside = new Set(room.members.map((member) => member.userId))
  const people = nearbyPeople(nearby, rooms, now).filter((person) => !inside.has(person.userId))
  const id = typed.trim()
  const error = describeTypedError(id, inside)
  const everyone = [...chosen, ...(id !== '' && error === undefined ? [id] : [])]

  function toggle(userId: string): void {
    const next = new Set(chosen)
    if (!next.delete(userId)) next.add(userId)
    setChosen(next)
  }

  /** An invitation needs an answer from the other computer, so it cannot wait as messages do. */
  async function inviteOne(userId: string): Promise<void> {
    try {
      await client.invite(room.id, userId)
    } catch (error) {
      const person = people.find((each) => each.userId === userId)
      if (person?.reachable === false)
        throw new Error(`${person.name}’s computer is offline.`, { cause: error })
      throw error
    }
  }

  async function invite(): Promise<void> {
    setBusy(true)
    let count = 0
    for (const userId of everyone) {
      if (await attempt(() => inviteOne(userId), 'The invitation could not be sent')) count++
    }
    setBusy(false)
    if (count === 0) return
    toast(count === 1 ? 'The invitation is on its way' : `${plural(count, 'invitation')} are on their way`)
    onOpenChange(false)
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    setTried(true)
    if (everyone.length > 0 && error === undefined) void invite()
  }

  return (
    <form onSubmit={onSubmit}>
      {people.length > 0 && (
        <fieldset className={css.people}>
          <legend className={css.legend}>Nearby</legend>
          <div className={css.list}>
            {people.map((person) => (
              <PersonChoice
                key={person.userId}
                person={person}
                checked={chosen.has(person.userId)}
                onToggle={() => toggle(person.userId)}
              />
            ))}
          </div>
        </fieldset>
      )}
      <TextField
        label="Matrix id"
        placeholder="@name:example.org"
        hint="For people who are not nearby."
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        error={tried ? error : undefined}
        spellCheck={false}
      />
      <DialogActions>
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button type="submit" variant="primary" busy={busy} disabled={everyone.length === 0 && id === ''}>
          {everyone.length > 1 ? `Invite ${everyone.length} people` : 'Invite'}
        </Button>
      </DialogActions>
    </form>
  )
}

function PersonChoice(props: { person: NearbyPerson; checked: boolean; onToggle: () => void }) {
  const { person, checked, onToggle } = props
  return (
    <label className={css.person}>
      <input
        type="checkbox"
        className="covering-input"
        checked={checked}
        onChange={onToggle}
        aria-label={person.name}
      />
      <Avatar
        id={person.userId}
        name={person.name}
        mxc={person.avatarMxc}
        size={32}
        reachable={person.reachable}
      />
      <span className={css.words}>
        <span className={css.name}>{person.name}</span>
        <span className={css.detail}>{person.status}</span>
      </span>
      <span className={css.mark} data-checked={checked || undefined} aria-hidden="true">
        <Check />
      </span>
    </label>
  )
}

function describeTypedError(id: string, inside: ReadonlySet<string>): string | undefined {
  if (id === '') return undefined
  if (!isUserId(id)) return 'A Matrix id looks like @name:example.org'
  return inside.has(id) ? 'This person is in the room already' : undefined
}
