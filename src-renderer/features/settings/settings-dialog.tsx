import { useState, type FormEvent } from 'react'
import { hearthLink, isHostPort } from '../../model/addresses.ts'
import { serverOfUser } from '../../model/people.ts'
import { roomHref } from '../../model/routes.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { CopyField } from '../../ui/copy-field.tsx'
import { Details } from '../../ui/details.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { QrCode } from '../../ui/qr-code.tsx'
import { PicturePicker } from '../../ui/picture-picker.tsx'
import { AppearanceSettings } from './appearance-settings.tsx'
import { DomainSection } from './domain-section.tsx'
import { DeleteAccount } from './delete-account.tsx'
import { IdentityBackup } from './identity-backup.tsx'
import { LeftRooms } from './left-rooms.tsx'
import { NotificationSettings } from './notification-settings.tsx'
import { PrivacySettings } from './privacy-settings.tsx'
import css from './settings-dialog.module.css'
import { ServerSettings } from './server-settings.tsx'
import { SettingsSection } from './settings-section.tsx'
import { useNodeSettings } from './use-node-settings.ts'

interface SettingsDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  onSignOut: () => void
}

export function SettingsDialog(props: SettingsDialogProps) {
  return (
    <Dialog open={props.open} onOpenChange={props.onOpenChange} title="Settings" width="md">
      <SettingsForm {...props} />
    </Dialog>
  )
}

/** The profile is saved by its button; everything else counts at once. */
function SettingsForm({ onOpenChange, onSignOut }: SettingsDialogProps) {
  const { client, attempt } = useServices()
  const profile = useReadable(client.profile)
  const [name, setName] = useState(profile.name)
  const [picture, setPicture] = useState<File>()
  const [busy, setBusy] = useState(false)
  const node = useNodeSettings()
  const { settings } = node
  const changed = (name.trim() !== '' && name.trim() !== profile.name) || picture !== undefined

  async function save(): Promise<void> {
    setBusy(true)
    const saved = await attempt(async () => {
      await client.setProfile({ name: name.trim(), ...(picture === undefined ? {} : { picture }) })
      await client.patchSettings({ display_name: name.trim() })
    }, 'Your profile could not be saved')
    setBusy(false)
    if (saved) onOpenChange(false)
  }

  function openRoom(roomId: string): void {
    onOpenChange(false)
    window.location.hash = roomHref(roomId)
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
      <NotificationSettings />
      <PrivacySettings {...node} />
      <ServerSettings {...node} />
      <LeftRooms onOpened={openRoom} />
      <AppearanceSettings />
      {settings !== undefined && <DomainSection {...node} />}
      <SettingsSection title="This computer">
        {settings !== undefined && (
          <>
            <CopyField
              label="Your address"
              hint="Give this link to somebody who does not see you nearby. They add it under Nearby."
              value={hearthLink(serverOfUser(client.userId), settings.addresses?.find(isHostPort))}
            />
            <details className={css.code}>
              <summary>Show it as a code to scan</summary>
              <QrCode
                text={hearthLink(serverOfUser(client.userId), settings.addresses?.find(isHostPort))}
                label="Your address as a code"
              />
            </details>
            <IdentityBackup />
          </>
        )}
        <Details
          summary="For experts"
          rows={[
            { term: 'Matrix id', value: client.userId },
            { term: 'Server name', value: serverOfUser(client.userId) },
            ...(settings?.addresses ?? []).map((value) => ({ term: 'Address on this network', value })),
            { term: 'Address for other Matrix apps', value: client.clientUrl },
          ]}
        />
      </SettingsSection>
      <DeleteAccount isOwner={settings !== undefined} onDeleted={onSignOut} />
      <div className={css.footer}>
        <DialogActions>
          <Button variant="ghost" className={css.signOut} onClick={onSignOut}>
            Sign out
          </Button>
          <Button onClick={() => onOpenChange(false)}>Close</Button>
          <Button type="submit" variant="primary" busy={busy} disabled={!changed}>
            Save
          </Button>
        </DialogActions>
      </div>
    </form>
  )
}
