import { useState, type FormEvent } from 'react'
import { parseAddress, type Address } from '../../model/addresses.ts'
import type { Person } from '../../client/types.ts'
import type { LinkedPerson } from '../../model/linked-person.ts'
import { useLinkedPerson } from '../../model/use-linked-person.ts'
import { entryOf, ENTRY_WORDS } from '../../model/entering.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { useFoundRoom } from '../../model/use-found-room.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { FoundCard } from '../../ui/found-card.tsx'
import { LinkField } from '../../ui/link-field.tsx'
import { MISSING_ADDRESS, NetworkAddressField, NO_ADDRESS } from '../../ui/network-address-field.tsx'
import { Stack } from '../../ui/stack.tsx'
import css from './join-dialog.module.css'

interface JoinDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** An address from a link or from the quick switcher; it is shown, and followed only when asked to. */
  initial: string
  onOpened: (roomId: string) => void
}

export function JoinDialog(props: JoinDialogProps) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={parseAddress(props.initial)?.kind === 'person' ? 'Write to somebody' : 'Join a room'}
      description={
        props.initial === ''
          ? 'Paste the link or the address that somebody gave you.'
          : 'Do you want to follow this address? Nothing happens before you say so.'
      }
    >
      <JoinForm key={props.initial} {...props} />
    </Dialog>
  )
}

function JoinForm({ onOpenChange, initial, onOpened }: JoinDialogProps) {
  const { client, describe, toast } = useServices()
  const [text, setText] = useState(initial)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const [at, setAt] = useState('')
  const [tried, setTried] = useState(false)
  const [reason, setReason] = useState('')
  const address = parseAddress(text)
  const linked = useLinkedPerson(text, at)
  const userId = linked?.userId ?? (address?.kind === 'person' ? address.userId : undefined)
  const isRoom = address?.kind === 'room'
  const found = useFoundRoom(isRoom ? address.room : undefined, isRoom ? address.via : []).room
  const mine = useReadable(client.rooms)
  const entry = found === undefined ? undefined : entryOf(found, mine)

  /** Resolves to the room that is open now; undefined when one has to wait at its door. */
  async function enter(room: string, via: readonly string[]): Promise<string | undefined> {
    if (found === undefined || entry !== 'ask') return await client.joinRoom(room, via)
    await client.knock(room, via, reason.trim())
    toast(`You asked to join ${found.name}.`)
    return undefined
  }

  async function reach(target: Address): Promise<string | undefined> {
    if (target.kind === 'room') return await enter(target.room, target.via)
    if (linked?.at !== undefined) await client.addPeer(linked.serverName, linked.at)
    return userId === undefined ? undefined : await client.openDirect(userId)
  }

  async function follow(target: Address): Promise<void> {
    setBusy(true)
    setError(undefined)
    try {
      const roomId = await reach(target)
      onOpenChange(false)
      if (roomId !== undefined) onOpened(roomId)
    } catch (problem) {
      setError(describe(problem))
      setBusy(false)
    }
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (busy) return
    if (address === undefined)
      setError('This is not an address. It looks like #room:server, or is a link to a room.')
    else if (userId === client.userId) setError('This is your own address. Ask the other person for theirs.')
    else if (linked?.lost === true) setTried(true)
    else void follow(address)
  }

  return (
    <form onSubmit={onSubmit} aria-busy={busy}>
      <Stack>
        <LinkField
          label="Address"
          placeholder="#garden:example.org"
          hint={linked === undefined ? hintFor(address) : hintForLink(client.personOf(linked.userId), linked)}
          error={error}
          value={text}
          // The only field of a dialog that was just opened.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          onText={(next) => {
            setText(next)
            setError(undefined)
            setAt('')
            setTried(false)
          }}
        />
        {linked !== undefined && (linked.lost || at !== '') && (
          <NetworkAddressField
            hint={MISSING_ADDRESS}
            error={tried && linked.lost ? NO_ADDRESS : undefined}
            value={at}
            onChange={setAt}
          />
        )}
      </Stack>
      {found !== undefined && <FoundCard room={found} />}
      {entry === 'ask' && (
        <TextField
          label="Why would you like to join?"
          hint="Those who may let you in read this. You may leave it empty."
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.target.value)}
        />
      )}
      <output className={css.progress}>
        {busy && 'Asking the other computers. This may take a moment.'}
      </output>
      <DialogActions>
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          busy={busy}
          disabled={text.trim() === '' || entry === 'waiting'}
        >
          {entry === undefined || entry === 'closed' ? actionFor(address) : ENTRY_WORDS[entry]}
        </Button>
      </DialogActions>
    </form>
  )
}

function hintFor(address: Address | undefined): string {
  if (address?.kind === 'person') return `This is a person: ${address.userId}`
  if (address?.kind === 'room')
    return address.room.startsWith('#') ? `This is a room: ${address.room}` : 'This is a link to a room.'
  return 'Such as #room:server, !room:server, or a link that begins with matrix:, hearth: or https://matrix.to'
}

function hintForLink({ name, userId }: Person, { at }: LinkedPerson): string {
  const where = at === undefined ? '' : `, at ${at}`
  return `This is the Hearth of ${name}${where}. Their id: ${userId}`
}

function actionFor(address: Address | undefined): string {
  return address?.kind === 'person' || address?.kind === 'peer' ? 'Write to them' : 'Join'
}
