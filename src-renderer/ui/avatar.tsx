import { createContext, use, useEffect, useState } from 'react'
import css from './avatar.module.css'
import { colourIndex, initials } from './initials.ts'

/** Fetches the picture behind an `mxc:` address; undefined when there is none to show. */
export type LoadPicture = (mxc: string, size: number) => Promise<string | undefined>

export const PictureContext = createContext<LoadPicture | undefined>(undefined)

export interface AvatarProps {
  /** Decides the colour. */
  id: string
  name: string
  mxc?: string | undefined
  /** Pixels. */
  size?: 16 | 20 | 24 | 32 | 36 | 44 | 64 | 88
  shape?: 'round' | 'square'
  /** A dot at the corner; its meaning must also be said in words beside it. */
  reachable?: boolean | undefined
}

/** Decoration beside a name, and therefore hidden from screen readers. */
export function Avatar({ id, name, mxc, size = 36, shape = 'round', reachable }: AvatarProps) {
  const load = use(PictureContext)
  const [picture, setPicture] = useState<{ mxc: string; url: string | undefined }>()
  useEffect(() => {
    if (mxc === undefined || load === undefined) return
    let current = true
    load(mxc, size > 44 ? 176 : 88)
      .then((url) => current && setPicture({ mxc, url }))
      .catch(() => current && setPicture({ mxc, url: undefined }))
    return () => {
      current = false
    }
  }, [mxc, size, load])
  const url = picture?.mxc === mxc ? picture?.url : undefined
  return (
    <span
      aria-hidden="true"
      className={[css.avatar, css[shape], css[`size${size}`], css[`colour${colourIndex(id)}`]].join(' ')}
    >
      {url === undefined ? initials(name) : <img src={url} alt="" draggable={false} />}
      {reachable !== undefined && <span className={reachable ? css.here : css.away} />}
    </span>
  )
}
