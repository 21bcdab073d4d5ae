/** What a person chose for this app on this computer, kept beside the theme. */
export interface Preferences {
  /** Notifications of the system. */
  readonly notify: boolean
  readonly sound: boolean
  /** Whether others see how far one has read. */
  readonly receipts: 'public' | 'private'
  readonly density: 'comfortable' | 'compact'
}

const KEYS: Readonly<Record<keyof Preferences, string>> = {
  notify: 'hearth.notify',
  sound: 'hearth.notify.sound',
  receipts: 'hearth.receipts',
  density: 'hearth.density',
}

export function loadPreferences(storage: Pick<Storage, 'getItem'> = localStorage): Preferences {
  const get = (key: keyof Preferences): string | null => storage.getItem(KEYS[key])
  return {
    notify: get('notify') !== 'off',
    sound: get('sound') !== 'off',
    receipts: get('receipts') === 'private' ? 'private' : 'public',
    density: get('density') === 'compact' ? 'compact' : 'comfortable',
  }
}

export function savePreference<K extends keyof Preferences>(
  key: K,
  value: Preferences[K],
  storage: Pick<Storage, 'setItem'> = localStorage,
): void {
  const stored = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
  try {
    storage.setItem(KEYS[key], stored)
  } catch (error) {
    console.warn('The setting could not be kept', error)
  }
  if (key === 'density') applyDensity()
}

/** The style sheet looks at the attribute. */
export function applyDensity(): void {
  document.documentElement.dataset['density'] = loadPreferences().density
}
