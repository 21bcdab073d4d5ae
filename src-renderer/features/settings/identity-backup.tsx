import { KeyRound } from 'lucide-react'
import { useEffect, useState, type FormEvent } from 'react'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { saveFile } from '../../ui/save-file.ts'
import { Stack } from '../../ui/stack.tsx'
import css from './identity-backup.module.css'

/** As the node asks for. */
const MIN_PASSPHRASE_LENGTH = 8

/** The section of the settings. */
export function IdentityBackup() {
  const [open, setOpen] = useState(false)
  return (
    <section className={css.section} aria-labelledby="identity-backup">
      <h3 id="identity-backup" className={css.title}>
        Back up your identity
      </h3>
      <p className={css.text}>
        Your identity is a key on this computer, and nobody can give you a new one. Keep an encrypted copy of
        it somewhere else, such as on a USB stick.
      </p>
      <Button onClick={() => setOpen(true)}>
        <KeyRound aria-hidden="true" /> Save a backup…
      </Button>
      <BackupDialog open={open} onOpenChange={setOpen} />
    </section>
  )
}

/** Where there is room for one line only; nothing for somebody whose node this is not. */
export function IdentityBackupButton() {
  const { client } = useServices()
  const [owner, setOwner] = useState(false)
  const [open, setOpen] = useState(false)
  useEffect(() => {
    let current = true
    client
      .getSettings()
      .then((answer) => current && setOwner(answer.ok))
      .catch((error: unknown) => console.warn('The settings could not be read', error))
    return () => {
      current = false
    }
  }, [client])
  if (!owner) return null
  return (
    <>
      <Button variant="ghost" onClick={() => setOpen(true)}>
        <KeyRound aria-hidden="true" /> Back up your identity
      </Button>
      <BackupDialog open={open} onOpenChange={setOpen} />
    </>
  )
}

interface BackupDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
}

function BackupDialog(props: BackupDialogProps) {
  return (
    <Dialog open={props.open} onOpenChange={props.onOpenChange} title="Back up your identity">
      <BackupForm {...props} />
    </Dialog>
  )
}

function BackupForm({ onOpenChange }: BackupDialogProps) {
  const { client, describe } = useServices()
  const [passphrase, setPassphrase] = useState('')
  const [again, setAgain] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<{ field: 'first' | 'again'; words: string }>()
  const [saved, setSaved] = useState<string>()

  async function save(): Promise<void> {
    setBusy(true)
    try {
      const file = await client.backupIdentity(passphrase)
      saveFile(file.name, file.content)
      setSaved(file.name)
    } catch (problem) {
      setError({ field: 'again', words: describe(problem) })
    }
    setBusy(false)
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    // React lets it rise to the form of the settings, out of which this dialog was opened.
    event.stopPropagation()
    if (busy) return
    setError(undefined)
    if (Array.from(passphrase).length < MIN_PASSPHRASE_LENGTH)
      setError({ field: 'first', words: `Choose at least ${MIN_PASSPHRASE_LENGTH} characters.` })
    else if (passphrase !== again) setError({ field: 'again', words: 'This is not the same passphrase.' })
    else void save()
  }

  if (saved !== undefined) {
    return (
      <>
        <output className={css.text}>
          <strong className={css.file}>{saved}</strong> is downloaded. Keep it in a safe place, and remember
          its passphrase: nobody can open it without.
        </output>
        <DialogActions>
          <Button variant="primary" onClick={() => onOpenChange(false)}>
            Done
          </Button>
        </DialogActions>
      </>
    )
  }
  return (
    <form onSubmit={onSubmit} aria-busy={busy}>
      <Stack>
        <p className={css.text}>
          The backup is encrypted with a passphrase that only you know. It holds your identity, not your rooms
          and messages.
        </p>
        <TextField
          label="Passphrase"
          type="password"
          autoComplete="new-password"
          hint={`At least ${MIN_PASSPHRASE_LENGTH} characters; several words are best.`}
          error={error?.field === 'first' ? error.words : undefined}
          value={passphrase}
          maxLength={500}
          // The first field of a dialog that was just opened.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          onChange={(event) => setPassphrase(event.target.value)}
        />
        <TextField
          label="The same passphrase again"
          type="password"
          autoComplete="new-password"
          error={error?.field === 'again' ? error.words : undefined}
          value={again}
          maxLength={500}
          onChange={(event) => setAgain(event.target.value)}
        />
      </Stack>
      <DialogActions>
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button type="submit" variant="primary" busy={busy} disabled={passphrase === '' || again === ''}>
          Save backup
        </Button>
      </DialogActions>
    </form>
  )
}
