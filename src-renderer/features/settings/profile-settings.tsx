import { useState, type FormEvent } from 'react'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { PicturePicker } from '../../ui/picture-picker.tsx'
import css from './settings-dialog.module.css'

/** Saved by its button; everything else in the settings counts at once. */
export function ProfileSettings({ onSaved, onSignOut }: { onSaved: () => void; onSignOut: () => void }) {
  const { client, attempt } = useServices()
  const profile = useReadable(client.profile)
  const [name, setName] = useState(profile.name)
  const [picture, setPicture] = useState<File>()
  const [busy, setBusy] = useState(false)
  const changed = (name.trim() !== '' && name.trim() !== profile.name) || picture !== undefined

  async function save(): Promise<void> {
    setBusy(true)
    const saved = await attempt(async () => {
      await client.setProfile({ name: name.trim(), ...(picture === undefined ? {} : { picture }) })
      await client.patchSettings({ display_name: name.trim() })
    }, 'Your profile could not be saved')
    setBusy(false)
    if (saved) onSaved()
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (changed) void save()
  }

  return (
    <form onSubmit={onSubmit}>
      <div className={css.profile}>
        <PicturePicker id={client.userId} name={name} mxc={profile.avatarMxc} onPick={setPicture} />
        <TextField
          label="Your name"
          value={name}
          maxLength={80}
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      <DialogActions>
        <Button variant="ghost" className={css.signOut} onClick={onSignOut}>
          Sign out
        </Button>
        <Button type="submit" variant="primary" busy={busy} disabled={!changed}>
          Save
        </Button>
      </DialogActions>
    </form>
  )
}
