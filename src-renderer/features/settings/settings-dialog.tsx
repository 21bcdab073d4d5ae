import { useEffect, useState, type FormEvent } from 'react'
import type { NodeSettings } from '../../client/private-api.ts'
import { hearthLink, isHostPort } from '../../model/addresses.ts'
import { serverOfUser } from '../../model/people.ts'
import { loadTheme, saveTheme, type Theme } from '../../model/theme.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { CopyField } from '../../ui/copy-field.tsx'
import { Details } from '../../ui/details.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { SwitchField, TextField } from '../../ui/field.tsx'
import { PicturePicker } from '../../ui/picture-picker.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Stack } from '../../ui/stack.tsx'
import { IdentityBackup } from './identity-backup.tsx'
import css from './settings-dialog.module.css'

interface SettingsDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  onSignOut: () => void
}

export function SettingsDialog(props: SettingsDialogProps) {
  return (
    <Dialog open={props.open} onOpenChange={props.onOpenChange} title="Settings">
      <SettingsForm {...props} />
    </Dialog>
  )
}

function SettingsForm({ onOpenChange, onSignOut }: SettingsDialogProps) {
  const { client, attempt, bridge } = useServices()
  const profile = useReadable(client.profile)
  const [name, setName] = useState(profile.name)
  const [picture, setPicture] = useState<File>()
  const [theme, setTheme] = useState<Theme>(loadTheme)
  const [busy, setBusy] = useState(false)
  const node = useNodeSettings()
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

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (changed) void save()
  }

  return (
    <form onSubmit={onSubmit}>
      <Stack gap="lg">
        <div className={css.profile}>
          <PicturePicker id={client.userId} name={name} mxc={profile.avatarMxc} onPick={setPicture} />
          <TextField
            label="Your name"
            value={name}
            maxLength={80}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        {node.settings !== undefined && (
          <SwitchField
            label="Visible to people nearby"
            hint="People on this network see your name and can write to you."
            checked={node.settings.visible_nearby ?? true}
            onChange={(visible) => void node.change({ visible_nearby: visible })}
          />
        )}
        <NotificationSwitch enabled={bridge.mode === 'browser'} />
        <Segmented
          label="Appearance"
          value={theme}
          options={[
            { value: 'system', label: 'System' },
            { value: 'light', label: 'Light' },
            { value: 'dark', label: 'Dark' },
          ]}
          onChange={(next) => {
            setTheme(next)
            saveTheme(next)
          }}
        />
        {node.settings !== undefined && (
          <CopyField
            label="Your address"
            hint="Give this link to somebody who does not see you nearby. They add it under Nearby."
            value={hearthLink(serverOfUser(client.userId), node.settings.addresses?.find(isHostPort))}
          />
        )}
        {node.settings !== undefined && <IdentityBackup />}
        <Details
          summary="For experts"
          rows={[
            { term: 'Matrix id', value: client.userId },
            { term: 'Server name', value: serverOfUser(client.userId) },
            ...(node.settings?.addresses ?? []).map((value) => ({ term: 'Address on this network', value })),
            { term: 'Address for other Matrix apps', value: client.clientUrl },
          ]}
        />
      </Stack>
      <DialogActions>
        <Button variant="ghost" className={css.signOut} onClick={onSignOut}>
          Sign out
        </Button>
        <Button onClick={() => onOpenChange(false)}>Close</Button>
        <Button type="submit" variant="primary" busy={busy} disabled={!changed}>
          Save
        </Button>
      </DialogActions>
    </form>
  )
}

function useNodeSettings() {
  const { client, attempt } = useServices()
  const [settings, setSettings] = useState<NodeSettings>()
  useEffect(() => {
    let current = true
    client
      .getSettings()
      .then((answer) => current && answer.ok && setSettings(answer.value))
      .catch((error: unknown) => console.warn('The settings could not be read', error))
    return () => {
      current = false
    }
  }, [client])

  async function change(part: NodeSettings): Promise<void> {
    setSettings({ ...settings, ...part })
    const saved = await attempt(async () => {
      const answer = await client.patchSettings(part)
      if (!answer.ok) throw new Error('Hearth does not answer.')
    }, 'The setting could not be saved')
    if (!saved) setSettings(settings)
  }
  return { settings, change }
}

/** A browser asks once for permission; Electron needs none. */
function NotificationSwitch({ enabled }: { enabled: boolean }) {
  const [permission, setPermission] = useState(() =>
    'Notification' in window ? Notification.permission : 'denied',
  )
  if (!enabled || !('Notification' in window)) return null
  return (
    <SwitchField
      label="Notifications"
      hint={
        permission === 'denied'
          ? 'Your browser blocks them for this page; its site settings can allow them.'
          : 'Tell me about new messages while I look elsewhere.'
      }
      checked={permission === 'granted'}
      disabled={permission !== 'default'}
      onChange={() => void Notification.requestPermission().then(setPermission)}
    />
  )
}
