import { useState } from 'react'
import { loadPreferences, savePreference } from '../../model/preferences.ts'
import { useServices } from '../../model/use-client.ts'
import { SwitchField } from '../../ui/field.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { IgnoredPeople } from './ignored-people.tsx'
import css from './settings-dialog.module.css'
import { SettingsSection } from './settings-section.tsx'
import type { EditableSettings } from './use-node-settings.ts'

const PRESENCE_HINTS = {
  on: 'Everybody in your rooms sees when you are here.',
  lan: 'Only people of other Hearths see when you are here.',
  off: 'Nobody sees when you are here, and you see it of nobody.',
} as const

/** What others get to know. */
export function PrivacySettings({ settings, change }: EditableSettings) {
  const { client } = useServices()
  const [receipts, setReceipts] = useState(() => loadPreferences().receipts)
  const presence = settings?.presence ?? 'lan'

  async function setPreviews(on: boolean): Promise<void> {
    if (await change({ link_previews: on })) client.previewsChanged()
  }

  return (
    <SettingsSection title="Privacy">
      {settings !== undefined && (
        <>
          <SwitchField
            label="Visible to people nearby"
            hint="People on this network see your name and can write to you."
            checked={settings.visible_nearby ?? true}
            onChange={(visible) => void change({ visible_nearby: visible })}
          />
          <div className={css.choice}>
            <Segmented
              label="Show when I am here"
              value={presence}
              options={[
                { value: 'on', label: 'Everybody' },
                { value: 'lan', label: 'Nearby only' },
                { value: 'off', label: 'Nobody' },
              ]}
              onChange={(next) => void change({ presence: next })}
            />
            <p className={css.hint}>{PRESENCE_HINTS[presence]}</p>
          </div>
        </>
      )}
      <SwitchField
        label="Show others what I have read"
        hint="Your picture stands under the message that you have read up to."
        checked={receipts === 'public'}
        onChange={(shown) => {
          savePreference('receipts', shown ? 'public' : 'private')
          setReceipts(loadPreferences().receipts)
        }}
      />
      {settings !== undefined && (
        <SwitchField
          label="Link previews"
          hint="Your computer opens the pages behind links, to show their title and picture."
          checked={settings.link_previews ?? true}
          onChange={(on) => void setPreviews(on)}
        />
      )}
      <IgnoredPeople />
    </SettingsSection>
  )
}
