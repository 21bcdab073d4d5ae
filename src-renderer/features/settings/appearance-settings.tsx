import { useState } from 'react'
import { loadPreferences, savePreference } from '../../model/preferences.ts'
import { loadTheme, saveTheme, type Theme } from '../../model/theme.ts'
import { Segmented } from '../../ui/segmented.tsx'
import { SettingsSection } from './settings-section.tsx'

export function AppearanceSettings() {
  const [theme, setTheme] = useState<Theme>(loadTheme)
  const [density, setDensity] = useState(() => loadPreferences().density)
  return (
    <SettingsSection title="Appearance">
      <Segmented
        label="Colours"
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
      <Segmented
        label="Messages"
        value={density}
        options={[
          { value: 'comfortable', label: 'Comfortable' },
          { value: 'compact', label: 'Compact' },
        ]}
        onChange={(next) => {
          setDensity(next)
          savePreference('density', next)
        }}
      />
    </SettingsSection>
  )
}
