import { useEffect, useState } from 'react'
import type { NodeSettings } from '../../client/private-api.ts'
import { useServices } from '../../model/use-client.ts'

export interface EditableSettings {
  /** Undefined for somebody whose node this is not. */
  readonly settings: NodeSettings | undefined
  /** Shown at once, and taken back when it could not be saved. Resolves to whether it was. */
  readonly change: (part: NodeSettings) => Promise<boolean>
}

/** The settings of the own node. */
export function useNodeSettings(): EditableSettings {
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

  async function change(part: NodeSettings): Promise<boolean> {
    setSettings({ ...settings, ...part })
    const saved = await attempt(async () => {
      const answer = await client.patchSettings(part)
      if (!answer.ok) throw new Error(answer.words ?? 'Hearth does not answer.')
      // Where others find this node may follow from what was changed.
      const { addresses } = answer.value
      setSettings((now) => ({ ...now, addresses }))
    }, 'The setting could not be saved')
    if (!saved) setSettings(settings)
    return saved
  }
  return { settings, change }
}
