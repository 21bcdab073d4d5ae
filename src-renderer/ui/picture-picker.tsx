import { Camera } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Avatar } from './avatar.tsx'
import css from './picture-picker.module.css'

export interface PicturePickerProps {
  id: string
  name: string
  mxc: string | undefined
  file: File | undefined
  onPick: (file: File) => void
}

/** The own picture, and a way to choose another. */
export function PicturePicker({ id, name, mxc, file, onPick }: PicturePickerProps) {
  const [preview, setPreview] = useState<string>()
  useEffect(() => {
    if (file === undefined) return
    const url = URL.createObjectURL(file)
    setPreview(url)
    return () => URL.revokeObjectURL(url)
  }, [file])
  return (
    <label className={css.picker}>
      {file !== undefined && preview !== undefined ? (
        <img className={css.preview} src={preview} alt="" />
      ) : (
        <Avatar id={id} name={name} mxc={mxc} size={88} />
      )}
      <span className={css.camera} aria-hidden="true">
        <Camera />
      </span>
      <input
        className="visually-hidden"
        type="file"
        aria-label="Choose a picture"
        accept="image/png,image/jpeg,image/webp,image/gif"
        onChange={(event) => {
          const picked = event.target.files?.[0]
          if (picked !== undefined) onPick(picked)
        }}
      />
    </label>
  )
}
