import { Camera, ImageUp } from 'lucide-react'
import { useState } from 'react'
import { useServices } from '../model/use-client.ts'
import { CodeCamera } from './code-camera.tsx'
import { TextField, type TextFieldProps } from './field.tsx'
import css from './link-field.module.css'
import { readCode } from './read-code.ts'
import { Spinner } from './spinner.tsx'
import { mayHaveCamera } from './use-camera.ts'

interface LinkFieldProps extends Omit<TextFieldProps, 'onChange' | 'onPaste' | 'onDrop' | 'onDragOver'> {
  onText: (text: string) => void
}

const PICTURES = 'image/png,image/jpeg,image/webp,image/gif'

/** A field for a link, or for a picture of the code that says it: chosen, pasted, dropped, or seen by the camera. */
export function LinkField({ onText, error, ...props }: LinkFieldProps) {
  const { describe } = useServices()
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const [filming, setFilming] = useState(false)

  async function read(picture: File): Promise<void> {
    setBusy(true)
    setProblem(undefined)
    try {
      onText(await readCode(picture))
    } catch (reason) {
      setProblem(describe(reason))
    }
    setBusy(false)
  }

  /** Whether there was a picture in it. */
  function take(transfer: DataTransfer): boolean {
    const picture = [...transfer.files].find((file) => file.type.startsWith('image/'))
    if (picture === undefined) return false
    void read(picture)
    return true
  }

  return (
    <div className={css.group}>
      <TextField
        maxLength={2_048}
        spellCheck={false}
        autoCapitalize="none"
        {...props}
        error={problem ?? error}
        onChange={(event) => {
          setProblem(undefined)
          onText(event.target.value)
        }}
        onPaste={(event) => {
          if (take(event.clipboardData)) event.preventDefault()
        }}
        onDragOver={(event) => {
          if (event.dataTransfer.types.includes('Files')) event.preventDefault()
        }}
        onDrop={(event) => {
          if (event.dataTransfer.types.includes('Files')) event.preventDefault()
          take(event.dataTransfer)
        }}
      />
      <div className={css.ways}>
        <label className={css.way} data-busy={busy || undefined}>
          {busy ? <Spinner /> : <ImageUp aria-hidden="true" />}
          Read the picture of a code
          <input
            className="covering-input"
            type="file"
            aria-label="Read the picture of a code"
            accept={PICTURES}
            disabled={busy}
            onChange={(event) => {
              const chosen = event.target.files?.[0]
              // The same one may be chosen again.
              event.target.value = ''
              if (chosen !== undefined) void read(chosen)
            }}
          />
        </label>
        {mayHaveCamera() && !filming && (
          <button
            type="button"
            className={css.way}
            onClick={() => {
              setProblem(undefined)
              setFilming(true)
            }}
          >
            <Camera aria-hidden="true" />
            Use the camera
          </button>
        )}
      </div>
      {filming && (
        <CodeCamera
          onClose={() => setFilming(false)}
          onCode={(text) => {
            setFilming(false)
            onText(text.trim())
          }}
        />
      )}
    </div>
  )
}
