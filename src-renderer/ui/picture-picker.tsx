import { Camera } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useServices } from '../model/use-client.ts'
import { Avatar } from './avatar.tsx'
import css from './picture-picker.module.css'
import { toSquare } from './square-picture.ts'

export interface PicturePickerProps {
  id: string
  name: string
  mxc: string | undefined
  onPick: (file: File) => void
  /** What is chosen, where that is kept elsewhere; `null` for nothing. */
  file?: File | null
  /** Square for rooms. */
  shape?: 'round' | 'square'
  disabled?: boolean
}

/** A picture, and a way to choose another, which is cut to a small square and shows at once. */
export function PicturePicker(props: PicturePickerProps) {
  const { id, name, mxc, onPick, shape = 'round', disabled = false } = props
  const { attempt } = useServices()
  const [picked, setPicked] = useState<File>()
  const preview = useObjectUrl(props.file === undefined ? picked : (props.file ?? undefined))

  async function pick(chosen: File): Promise<void> {
    const file = await toSquare(chosen)
    setPicked(file)
    onPick(file)
  }

  return (
    <label className={css.picker} data-shape={shape} data-disabled={disabled || undefined}>
      {preview === undefined ? (
        <Avatar id={id} name={name} mxc={mxc} size={88} shape={shape} />
      ) : (
        <img className={css.preview} src={preview} alt="" />
      )}
      {!disabled && (
        <span className={css.camera} aria-hidden="true">
          <Camera />
        </span>
      )}
      <input
        className="covering-input"
        type="file"
        disabled={disabled}
        aria-label="Choose a picture"
        accept="image/png,image/jpeg,image/webp,image/gif"
        onChange={(event) => {
          const chosen = event.target.files?.[0]
          // The same one may be chosen again.
          event.target.value = ''
          if (chosen !== undefined) void attempt(() => pick(chosen), 'The picture could not be used')
        }}
      />
    </label>
  )
}

function useObjectUrl(file: File | undefined): string | undefined {
  const [made, setMade] = useState<{ file: File; url: string }>()
  useEffect(() => {
    if (file === undefined) return
    const url = URL.createObjectURL(file)
    // An address lives until it is given back: it cannot be made while drawing.
    // oxlint-disable-next-line react/set-state-in-effect
    setMade({ file, url })
    return () => URL.revokeObjectURL(url)
  }, [file])
  return made?.file === file ? made?.url : undefined
}
