import { useState, type FormEvent } from 'react'
import { isHostPort, isServerName, parseAddress } from '../../model/addresses.ts'
import { serverOfUser } from '../../model/people.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Stack } from '../../ui/stack.tsx'

interface AddPeerDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
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

function AddPeerForm({ onOpenChange, initial }: AddPeerDialogProps) {
  const { client, describe, toast } = useServices()
  const [name, setName] = useState(initial?.serverName ?? '')
  const [at, setAt] = useState(initial?.at ?? '')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<{ field: 'name' | 'at'; words: string }>()

  /** A link in the first field fills both. */
  function changeName(text: string): void {
    setError(undefined)
    const address = parseAddress(text)
    if (address?.kind !== 'peer') return setName(text)
    setName(address.serverName)
    if (address.at !== undefined) setAt(address.at)
  }

  async function add(serverName: string, address: string): Promise<void> {
    setBusy(true)
    setError(undefined)
    try {
      await client.addPeer(serverName, address)
      onOpenChange(false)
      toast('Added. Hearth connects as soon as the other computer answers.')
    } catch (problem) {
      setError({ field: 'at', words: describe(problem) })
      setBusy(false)
    }
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (busy) return
    const serverName = name.trim()
    const address = at.trim()
    if (!isServerName(serverName))
      setError({ field: 'name', words: 'Paste a link that begins with hearth://, or the name of a server.' })
    else if (serverName === serverOfUser(client.userId))
      setError({ field: 'name', words: 'This is your own address. Ask the other person for theirs.' })
    else if (!isHostPort(address))
      setError({ field: 'at', words: 'Give the address and the port, such as 192.168.1.7:8448.' })
    else void add(serverName, address)
  }

  return (
    <form onSubmit={onSubmit} aria-busy={busy}>
      <Stack>
        <TextField
          label="Hearth link or server name"
          placeholder="hearth://…"
          error={error?.field === 'name' ? error.words : undefined}
          value={name}
          maxLength={2_048}
          spellCheck={false}
          autoCapitalize="none"
          // The first field of a dialog that was just opened.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          onChange={(event) => changeName(event.target.value)}
        />
        <TextField
          label="Network address"
          placeholder="192.168.1.7:8448"
          hint="Where that computer is on the network, with its port."
          error={error?.field === 'at' ? error.words : undefined}
          value={at}
          maxLength={255}
          spellCheck={false}
          autoCapitalize="none"
          onChange={(event) => {
            setAt(event.target.value)
            setError(undefined)
          }}
        />
      </Stack>
      <DialogActions>
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button type="submit" variant="primary" busy={busy} disabled={name.trim() === '' || at.trim() === ''}>
          Add
        </Button>
      </DialogActions>
    </form>
  )
}
