import { Link } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import type { RoomDetail } from '../../client/types.ts'
import { parseAddress } from '../../model/addresses.ts'
import { isUserId, plural } from '../../model/text.ts'
import { useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { CheckRow } from '../../ui/check-row.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import css from './invite-dialog.module.css'
import { useCandidates, type Candidate } from '../../model/use-candidates.ts'

interface InviteDialogProps {
  room: RoomDetail
  open: boolean
  onOpenChange: (open: boolean) => void
  /** A link instead. */
  onShare: () => void
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

function InviteForm({ room, onOpenChange, onShare }: InviteDialogProps) {
  const { client, attempt, toast } = useServices()
  /** Those who were chosen stay in view, whatever is searched for next. */
  const [chosen, setChosen] = useState<ReadonlyMap<string, Candidate>>(new Map())
  const [typed, setTyped] = useState('')
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)

  // A link to somebody is as good as their id.
  const address = parseAddress(typed)
  const words = address?.kind === 'person' ? address.userId : typed.trim()
  const inside = new Set(room.members.map((member) => member.userId))
  const found = useCandidates(words, new Set([...inside, ...chosen.keys()]))
  const error = describeTypedError(words, inside, found)
  const everyone = [...chosen.keys(), ...(isUserId(words) && error === undefined ? [words] : [])]

  function toggle(candidate: Candidate): void {
    const next = new Map(chosen)
    if (!next.delete(candidate.userId)) {
      next.set(candidate.userId, candidate)
      if (words !== '') setTyped('')
    }
    setChosen(next)
  }

  /** An invitation needs an answer from the other computer, so it cannot wait as messages do. */
  async function inviteOne(userId: string): Promise<void> {
    try {
      await client.invite(room.id, userId)
    } catch (error) {
      const person = chosen.get(userId)
      if (person?.reachable === false)
        throw new Error(`${person.name}’s computer is offline.`, { cause: error })
      throw error
    }
  }

  async function invite(): Promise<void> {
    setBusy(true)
    let count = 0
    for (const userId of new Set(everyone)) {
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
      <TextField
        label="Name or Matrix id"
        placeholder="Mia, or @mia:example.org"
        hint="People nearby, people you talk with, and anybody by their whole id or a link to them."
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        error={tried ? error : undefined}
        maxLength={2_048}
        spellCheck={false}
      />
      <fieldset className={css.people} aria-label="People">
        {[...chosen.values(), ...found].map((person) => (
          <CheckRow
            key={person.userId}
            title={person.name}
            detail={person.detail}
            avatar={
              <Avatar
                id={person.userId}
                name={person.name}
                mxc={person.avatarMxc}
                size={32}
                reachable={person.reachable}
              />
            }
            checked={chosen.has(person.userId)}
            onToggle={() => toggle(person)}
          />
        ))}
        {found.length === 0 && words !== '' && !isUserId(words) && (
          <p className={css.none}>Nobody here is called so. A whole Matrix id finds people elsewhere.</p>
        )}
      </fieldset>
      <DialogActions>
        <Button variant="ghost" className={css.share} onClick={onShare}>
          <Link aria-hidden="true" /> Share a link
        </Button>
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button type="submit" variant="primary" busy={busy} disabled={everyone.length === 0 && words === ''}>
          {everyone.length > 1 ? `Invite ${everyone.length} people` : 'Invite'}
        </Button>
      </DialogActions>
    </form>
  )
}

function describeTypedError(
  words: string,
  inside: ReadonlySet<string>,
  found: readonly Candidate[],
): string | undefined {
  if (words === '') return undefined
  if (isUserId(words)) return inside.has(words) ? 'This person is in the room already' : undefined
  return found.length === 0
    ? 'A Matrix id looks like @name:example.org'
    : 'Choose whom you mean from the list'
}
