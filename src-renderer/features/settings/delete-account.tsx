import { useState, type FormEvent } from 'react'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { SwitchField, TextField } from '../../ui/field.tsx'
import { Stack } from '../../ui/stack.tsx'
import css from './settings-dialog.module.css'
import { SettingsSection } from './settings-section.tsx'

const CONFIRMATION = 'delete'

/** What cannot be undone, at the very end. */
export function DeleteAccount({ onDeleted, isOwner }: { onDeleted: () => void; isOwner: boolean }) {
  const [open, setOpen] = useState(false)
  return (
    <SettingsSection title="Delete my account">
      <p className={css.hint}>
        Leaves all your rooms, declines all invitations, and deletes your rooms and messages from this
        computer. There is no way back.
      </p>
      <div>
        <Button variant="danger" onClick={() => setOpen(true)}>
          Delete my account…
        </Button>
      </div>
      <Dialog open={open} onOpenChange={setOpen} title="Delete your account?">
        <DeleteForm isOwner={isOwner} onCancel={() => setOpen(false)} onDeleted={onDeleted} />
      </Dialog>
    </SettingsSection>
  )
}

interface DeleteFormProps {
  isOwner: boolean
  onCancel: () => void
  onDeleted: () => void
}

function DeleteForm({ isOwner, onCancel, onDeleted }: DeleteFormProps) {
  const { client, describe } = useServices()
  const [redact, setRedact] = useState(false)
  const [typed, setTyped] = useState('')
  const [password, setPassword] = useState<string>()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const isConfirmed = typed.trim().toLowerCase() === CONFIRMATION

  async function end(): Promise<void> {
    setBusy(true)
    setError(undefined)
    try {
      const answer = await client.deactivateAccount({
        redact,
        ...(password === undefined ? {} : { password }),
      })
      if (answer === 'done') {
        onDeleted()
        return
      }
      if (password !== undefined) setError('This is not your password.')
      setPassword('')
    } catch (problem) {
      setError(describe(problem))
    }
    setBusy(false)
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    // React lets it rise to the form of the settings, out of which this dialog was opened.
    event.stopPropagation()
    if (isConfirmed && !busy) void end()
  }

  return (
    <form onSubmit={onSubmit} aria-busy={busy}>
      <Stack>
        <p className={css.hint}>
          The others see that you have left. Your name can never be used again.
          {isOwner &&
            ' This account is the owner of this Hearth: afterwards nobody can use it, until its folder is deleted and it begins anew.'}
        </p>
        <SwitchField
          label="Delete my messages for everybody"
          hint="In every room, before you leave. Without it, the others keep what you wrote."
          checked={redact}
          onChange={setRedact}
        />
        {password !== undefined && (
          <TextField
            label="Your password"
            type="password"
            autoComplete="current-password"
            value={password}
            maxLength={4096}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
        <TextField
          label={`Type “${CONFIRMATION}” to confirm`}
          value={typed}
          maxLength={20}
          error={error}
          onChange={(event) => setTyped(event.target.value)}
        />
      </Stack>
      <DialogActions>
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" variant="danger" busy={busy} disabled={!isConfirmed || password === ''}>
          Delete for good
        </Button>
      </DialogActions>
    </form>
  )
}
