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
import { LinkField } from '../../ui/link-field.tsx'
import { MISSING_ADDRESS, NetworkAddressField, NO_ADDRESS } from '../../ui/network-address-field.tsx'
import { Stack } from '../../ui/stack.tsx'
import css from './invite-dialog.module.css'
import { useCandidates, type Candidate } from '../../model/use-candidates.ts'
import type { LinkedPerson } from '../../model/linked-person.ts'
import { useLinkedPerson } from '../../model/use-linked-person.ts'

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

interface Invitee extends Candidate {
  /** Where a Hearth link led to them. */
  readonly linked?: LinkedPerson | undefined
}

function InviteForm({ room, onOpenChange, onShare }: InviteDialogProps) {
  const { client, attempt, toast } = useServices()
  /** Those who were chosen stay in view, whatever is searched for next. */
  const [chosen, setChosen] = useState<ReadonlyMap<string, Invitee>>(new Map())
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState('')
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)

  // A link to somebody is as good as their id.
  const address = parseAddress(typed)
  const linked = useLinkedPerson(typed, at)
  const words = linked?.userId ?? (address?.kind === 'person' ? address.userId : typed.trim())
  const inside = new Set(room.members.map((member) => member.userId))
  const found = useCandidates(words, new Set([...inside, ...chosen.keys()]))
  const error = describeTypedError(words, inside, found)
  const lost = linked?.lost === true && error === undefined
  const people = linked === undefined || error !== undefined || chosen.has(words) ? found : [linkedRow()]
  const everyone = [...chosen.keys(), ...(isUserId(words) && error === undefined ? [words] : [])]

  /** Of a computer that is not known yet no search answers, and still one sees whom its link leads to. */
  function linkedRow(): Invitee {
    const known = found.find((each) => each.userId === words)
    return { ...(known ?? { ...client.personOf(words), detail: words }), linked }
  }

  function toggle(invitee: Invitee): void {
    if (invitee.linked?.lost === true) return setTried(true)
    const next = new Map(chosen)
    if (!next.delete(invitee.userId)) {
      next.set(invitee.userId, invitee)
      if (words !== '') setTyped('')
      setAt('')
    }
    setChosen(next)
  }

  /** An invitation needs an answer from the other computer, so it cannot wait as messages do. */
  async function inviteOne(userId: string): Promise<void> {
    const link = chosen.get(userId)?.linked ?? (linked?.userId === userId ? linked : undefined)
    try {
      if (link?.at !== undefined) await client.addPeer(link.serverName, link.at)
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
    if (everyone.length > 0 && error === undefined && !lost) void invite()
  }

  return (
    <form onSubmit={onSubmit}>
      <Stack>
        <LinkField
          label="Name or Matrix id"
          placeholder="Mia, or @mia:example.org"
          hint={
            linked?.at === undefined
              ? 'People nearby, people you talk with, and anybody by their whole id or a link to them.'
              : `Inviting also adds the address of their computer: ${linked.at}`
          }
          value={typed}
          onText={(next) => {
            setTyped(next)
            setAt('')
            setTried(false)
          }}
          error={tried ? error : undefined}
        />
        {linked !== undefined && error === undefined && (lost || at !== '') && (
          <NetworkAddressField
            hint={MISSING_ADDRESS}
            error={tried && lost ? NO_ADDRESS : undefined}
            value={at}
            onChange={setAt}
          />
        )}
      </Stack>
      <fieldset className={css.people} aria-label="People">
        {[...chosen.values(), ...people].map((person) => (
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
