import { useState, type KeyboardEvent } from 'react'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import css from './domain.module.css'
import type { EditableSettings } from './use-node-settings.ts'

/** What the node itself says of where it is, for who has it answer for the domain. */
export function WellKnownFields({ settings, change }: EditableSettings) {
  if (settings === undefined) return null
  return (
    <>
      <WellKnownField
        label="For other servers, Hearth says"
        placeholder="hearth.example.org:443"
        hint="At /.well-known/matrix/server. Empty: it says nothing."
        saved={settings.well_known_server ?? ''}
        save={(value) => change({ well_known_server: value })}
      />
      <WellKnownField
        label="For apps, Hearth says"
        placeholder="https://hearth.example.org"
        hint="At /.well-known/matrix/client: where Matrix apps reach this Hearth. Empty: it says nothing."
        saved={settings.well_known_client ?? ''}
        save={(value) => change({ well_known_client: value })}
      />
    </>
  )
}

interface WellKnownFieldProps {
  label: string
  placeholder: string
  hint: string
  saved: string
  save: (value: string | null) => Promise<boolean>
}

function WellKnownField({ label, placeholder, hint, saved, save }: WellKnownFieldProps) {
  const [text, setText] = useState(saved)
  const [busy, setBusy] = useState(false)
  const changed = text.trim() !== saved

  async function submit(): Promise<void> {
    if (!changed || busy) return
    setBusy(true)
    await save(text.trim() === '' ? null : text.trim())
    setBusy(false)
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
    // It would save the form around.
    event.preventDefault()
    void submit()
  }

  return (
    <div className={css.field}>
      <TextField
        label={label}
        placeholder={placeholder}
        hint={hint}
        value={text}
        maxLength={255}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <Button aria-label={`Save: ${label}`} busy={busy} disabled={!changed} onClick={() => void submit()}>
        Save
      </Button>
    </div>
  )
}
