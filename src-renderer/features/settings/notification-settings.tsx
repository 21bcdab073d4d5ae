import { useState } from 'react'
import type { DefaultLevel, RoomKind } from '../../client/notify-defaults.ts'
import { loadPreferences, savePreference } from '../../model/preferences.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { SwitchField } from '../../ui/field.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Keywords } from './keywords.tsx'
import css from './settings-dialog.module.css'
import { SettingsSection } from './settings-section.tsx'

const LEVELS: readonly { value: DefaultLevel; label: string }[] = [
  { value: 'all', label: 'All messages' },
  { value: 'mentions', label: 'Mentions only' },
]

export function NotificationSettings() {
  const { client, bridge, attempt } = useServices()
  const defaults = useReadable(client.notifyDefaults)
  const [preferences, setPreferences] = useState(loadPreferences)
  const { permission, ask } = usePermission(bridge.mode === 'browser')
  const told = preferences.notify && permission !== 'denied'

  function save(key: 'notify' | 'sound', value: boolean): void {
    savePreference(key, value)
    setPreferences(loadPreferences())
    if (key === 'notify' && value && permission === 'default') ask()
  }

  function setLevel(kind: RoomKind, level: DefaultLevel): void {
    void attempt(async () => await client.setDefaultLevel(kind, level), 'The setting could not be saved')
  }

  return (
    <SettingsSection title="Notifications">
      <SwitchField
        label="Tell me about new messages"
        hint={
          permission === 'denied'
            ? 'Your browser blocks notifications of this page; its site settings can allow them.'
            : 'While you look elsewhere.'
        }
        checked={told}
        disabled={permission === 'denied'}
        onChange={(on) => save('notify', on)}
      />
      {told && permission === 'default' && (
        <p className={css.ask}>
          Your browser asks you once whether this page may show notifications.
          <Button size="sm" onClick={ask}>
            Allow notifications
          </Button>
        </p>
      )}
      <SwitchField
        label="Sound"
        checked={preferences.sound}
        disabled={!told}
        onChange={(on) => save('sound', on)}
      />
      <Segmented
        label="In conversations of two"
        value={defaults.direct}
        options={LEVELS}
        onChange={(level) => setLevel('direct', level)}
      />
      <Segmented
        label="With more people"
        value={defaults.rooms}
        options={LEVELS}
        onChange={(level) => setLevel('rooms', level)}
      />
      <Keywords words={defaults.keywords} />
    </SettingsSection>
  )
}

/** A browser asks once for permission; Electron needs none. */
function usePermission(needed: boolean): { permission: NotificationPermission; ask: () => void } {
  const [permission, setPermission] = useState<NotificationPermission>(() => {
    if (!needed) return 'granted'
    return 'Notification' in window ? Notification.permission : 'denied'
  })
  return {
    permission,
    ask: () => {
      Notification.requestPermission()
        .then(setPermission)
        .catch((error: unknown) => console.warn('The browser did not ask', error))
    },
  }
}
