import { useState } from 'react'
import {
  describeKind,
  interfaceChoices,
  isLoopbackOnly,
  type InterfaceChoice,
} from '../../model/network-interfaces.ts'
import { ChoiceField } from '../../ui/field.tsx'
import { Tag } from '../../ui/tag.tsx'
import css from './network-settings.module.css'
import dialog from './settings-dialog.module.css'
import { SettingsSection } from './settings-section.tsx'
import { useNetworkInterfaces } from './use-network-interfaces.ts'
import type { EditableSettings } from './use-node-settings.ts'

/** On which of the computer's networks this Hearth is found and finds others. */
export function NetworkSettings({ settings, change }: EditableSettings) {
  const { answer, refresh } = useNetworkInterfaces()
  const chosen = settings?.interface ?? []
  /** Wants to choose, and has nothing chosen yet. */
  const [choosing, setChoosing] = useState(false)
  const [left, setLeft] = useState<readonly string[]>([])
  if (settings === undefined) return null
  const byHand = choosing || chosen.length > 0
  const interfaces = answer?.interfaces ?? []

  async function choose(names: readonly string[]): Promise<void> {
    await change({ interface: [...names] })
    refresh()
  }

  function setMode(mode: 'automatic' | 'chosen'): void {
    setChoosing(mode === 'chosen')
    if (mode === 'automatic') void choose([])
    // What is used anyway is what most people start from.
    else void choose(interfaces.flatMap(({ name, automatic }) => (automatic ? [name] : [])))
  }

  function toggle(name: string): void {
    setChoosing(true)
    setLeft([...left, name])
    void choose(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name])
  }

  return (
    <SettingsSection title="Network">
      <p className={dialog.hint}>
        Where this Hearth looks for people nearby, and tells them its addresses. A change counts at once.
      </p>
      <ChoiceField
        label="Find people, and be found"
        value={byHand ? 'chosen' : 'automatic'}
        options={[
          {
            value: 'automatic',
            label: 'Automatically',
            hint: 'On cable and Wi-Fi; not on VPNs, containers and virtual machines.',
          },
          {
            value: 'chosen',
            label: 'Only where I choose',
            hint: 'On a VPN, too. On other networks Hearth says nothing of itself.',
          },
        ]}
        onChange={setMode}
      />
      {answer === undefined ? (
        <p className={dialog.hint}>Looking which networks this computer has…</p>
      ) : (
        <Interfaces
          choices={interfaceChoices(interfaces, chosen, byHand ? left : [])}
          onToggle={byHand ? toggle : undefined}
        />
      )}
      {byHand && chosen.length === 0 && (
        <p className={dialog.hint}>Until you choose one, Hearth chooses by itself.</p>
      )}
      {isLoopbackOnly(interfaces, chosen) && (
        <p className={dialog.hint}>
          This Hearth was told to take connections of this computer alone (<code>federation_listen</code>). It
          is found nowhere else, whatever is chosen here.
        </p>
      )}
      {answer?.discovery === false && (
        <p className={dialog.hint}>
          Discovery is turned off (<code>no_mdns</code>): people are added by their address. What is chosen
          here is still where your own address comes from.
        </p>
      )}
    </SettingsSection>
  )
}

interface InterfacesProps {
  choices: readonly InterfaceChoice[]
  /** Undefined where nothing is to be chosen. */
  onToggle: ((name: string) => void) | undefined
}

function Interfaces({ choices, onToggle }: InterfacesProps) {
  return (
    <fieldset className={css.interfaces}>
      <legend className={css.legend}>Networks of this computer</legend>
      {choices.map((choice) => (
        <InterfaceRow key={choice.name} choice={choice} onToggle={onToggle} />
      ))}
    </fieldset>
  )
}

function InterfaceRow({ choice, onToggle }: { choice: InterfaceChoice } & Pick<InterfacesProps, 'onToggle'>) {
  const { name, chosen, details } = choice
  const words = (
    <>
      <span className={css.words}>
        <span className={css.name}>{name}</span>
        <span className={css.detail}>
          {details === undefined
            ? chosen && 'Used again as soon as it is back'
            : `${describeKind(details.kind)} · ${details.addresses.join(', ')}`}
        </span>
      </span>
      {details === undefined ? (
        <Tag tone="warn">Not there now</Tag>
      ) : (
        <Tag tone={details.used ? 'ok' : 'neutral'}>{details.used ? 'In use' : 'Not used'}</Tag>
      )}
    </>
  )
  if (onToggle === undefined) return <div className={css.row}>{words}</div>
  return (
    <label className={css.row}>
      <input type="checkbox" checked={chosen} onChange={() => onToggle(name)} />
      {words}
    </label>
  )
}
