import { useState, type FormEvent } from 'react'
import { isKeyName } from '../../client/names.ts'
import { isHostPort, isServerName, parseAddress } from '../../model/addresses.ts'
import { linkedPerson, type LinkedPerson } from '../../model/linked-person.ts'
import { serverOfUser } from '../../model/people.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { LinkField } from '../../ui/link-field.tsx'
import { MISSING_ADDRESS, NetworkAddressField, NO_ADDRESS } from '../../ui/network-address-field.tsx'
import { Stack } from '../../ui/stack.tsx'

interface AddPeerDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** The conversation with somebody whose computer is found without an address. */
  onOpened: (roomId: string) => void
  /** From a link; shown, and added only when asked to. */
  initial?: { readonly serverName: string; readonly at: string | undefined } | undefined
}

/** For networks that block discovery: the other's node by its name and where it is. */
export function AddPeerDialog(props: AddPeerDialogProps) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title="Add somebody by address"
      description="Some networks hide computers from each other. The other person finds a link under Settings, “Your address”; paste it here."
    >
      <AddPeerForm key={props.initial?.serverName ?? ''} {...props} />
    </Dialog>
  )
}

function AddPeerForm({ onOpenChange, onOpened, initial }: AddPeerDialogProps) {
  const { client, describe, toast } = useServices()
  const [name, setName] = useState(initial?.serverName ?? '')
  const [at, setAt] = useState(initial?.at ?? '')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<{ field: 'name' | 'at'; words: string }>()
  const nearby = useReadable(client.nearby)
  const serverName = name.trim()
  const address = at.trim()
  const known = nearby.peers.some((peer) => peer.serverName === serverName)
  const person = isServerName(serverName)
    ? linkedPerson(nearby, client.userId, { kind: 'peer', serverName, at: undefined }, address)
    : undefined
  /** Who is known, or is found by a domain, needs no address. */
  const found = address === '' && person?.lost === false ? person : undefined

  /** A link in the first field fills both: the address of another link before it is not that of this one. */
  function changeName(text: string): void {
    setError(undefined)
    const address = parseAddress(text)
    if (address?.kind !== 'peer') return setName(text)
    setName(address.serverName)
    setAt(address.at ?? '')
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    setBusy(true)
    setError(undefined)
    try {
      await work()
      onOpenChange(false)
    } catch (problem) {
      setError({ field: 'at', words: describe(problem) })
      setBusy(false)
    }
  }

  async function add(): Promise<void> {
    await client.addPeer(serverName, address)
    toast('Added. Hearth connects as soon as the other computer answers.')
  }

  async function writeTo({ userId }: LinkedPerson): Promise<void> {
    // A conversation with nobody at its other end would wait for ever.
    if (!known) {
      await client.lookUpPerson(userId).catch((problem: unknown) => {
        throw new Error(NOT_FOUND, { cause: problem })
      })
    }
    onOpened(await client.openDirect(userId))
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (busy) return
    if (!isServerName(serverName))
      setError({ field: 'name', words: 'Paste a link that begins with hearth://, or the name of a server.' })
    else if (serverName === serverOfUser(client.userId))
      setError({ field: 'name', words: 'This is your own address. Ask the other person for theirs.' })
    else if (found !== undefined) void attempt(async () => await writeTo(found))
    else if (!isHostPort(address)) setError({ field: 'at', words: NO_ADDRESS })
    else void attempt(add)
  }

  return (
    <form onSubmit={onSubmit} aria-busy={busy}>
      <Stack>
        <LinkField
          label="Hearth link or server name"
          placeholder="hearth://…"
          error={error?.field === 'name' ? error.words : undefined}
          value={name}
          // The first field of a dialog that was just opened.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          onText={changeName}
        />
        <NetworkAddressField
          hint={hintFor(person, known)}
          error={error?.field === 'at' ? error.words : undefined}
          value={at}
          onChange={(text) => {
            setAt(text)
            setError(undefined)
          }}
        />
      </Stack>
      <DialogActions>
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button type="submit" variant="primary" busy={busy} disabled={serverName === ''}>
          {found === undefined ? 'Add' : 'Write to them'}
        </Button>
      </DialogActions>
    </form>
  )
}

const KNOWN = 'Not needed: Hearth knows already where that computer is.'
const BY_NAME = 'May be left empty where the name of the server leads to it, as a domain does.'
const NOT_FOUND = 'Nothing answers under this name. Give the network address of that computer too.'

/** `person` is whom the name leads to, once it is one. */
function hintFor(person: LinkedPerson | undefined, known: boolean): string | undefined {
  if (person === undefined) return undefined
  if (person.lost) return MISSING_ADDRESS
  if (known) return KNOWN
  return isKeyName(person.serverName) ? undefined : BY_NAME
}
