import { Camera } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useServices } from '../model/use-client.ts'
import { Avatar } from './avatar.tsx'
import css from './picture-picker.module.css'
import { toSquare } from './square-picture.ts'

export interface PicturePickerProps {
  id: string
  name: string
  mxc: string | undefined
  onPick: (file: File) => void
}

/** The own picture, and a way to choose another, which is cut to a small square and shows at once. */
export function PicturePicker({ id, name, mxc, onPick }: PicturePickerProps) {
  const [preview, setPreview] = useState<string>()
  const { attempt } = useServices()
  const latest = useRef<string>(undefined)

  async function pick(chosen: File): Promise<void> {
    const file = await toSquare(chosen)
    forget()
    latest.current = URL.createObjectURL(file)
    setPreview(latest.current)
    onPick(file)
  }

  function forget(): void {
    if (latest.current !== undefined) URL.revokeObjectURL(latest.current)
    latest.current = undefined
  }

  useEffect(() => forget, [])

  return (
    <label className={css.picker}>
      {preview === undefined ? (
        <Avatar id={id} name={name} mxc={mxc} size={88} />
      ) : (
        <img className={css.preview} src={preview} alt="" />
      )}
      <span className={css.camera} aria-hidden="true">
        <Camera />
      </span>
      <input
        className="covering-input"
        type="file"
        aria-label="Choose a picture"
        accept="image/png,image/jpeg,image/webp,image/gif"
        onChange={(event) => {
          const picked = event.target.files?.[0]
          // The same one may be chosen again.
          event.target.value = ''
          if (picked !== undefined) void attempt(() => pick(picked), 'The picture could not be used')
        }}
      />
    </label>
  )
}
