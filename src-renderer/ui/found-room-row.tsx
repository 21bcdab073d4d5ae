import type { ReactNode } from 'react'
import type { FoundRoom } from '../model/types.ts'
import { describeFound } from '../model/entering.ts'
import { Avatar } from './avatar.tsx'
import css from './found-room-row.module.css'

interface FoundRoomRowProps {
  room: FoundRoom
  /** Such as "Joined". */
  badge?: string | undefined
  /** At the right. */
  action?: ReactNode
  /** How deep it lies in a space. */
  depth?: number
  onOpen: () => void
}

/** A room in a directory or a space: what it is about, and how many are there. */
export function FoundRoomRow({ room, badge, action, depth = 0, onOpen }: FoundRoomRowProps) {
  return (
    <div className={css.row} style={{ paddingInlineStart: `${Math.min(depth, 4) * 28}px` }}>
      <button type="button" className={css.main} onClick={onOpen}>
        <Avatar id={room.id} name={room.name} mxc={room.avatarMxc} size={44} shape="square" />
        <span className={css.words}>
          <span className={css.line}>
            <span className={css.name}>{room.name}</span>
            {badge !== undefined && <span className={css.badge}>{badge}</span>}
          </span>
          <span className={css.detail}>{describeFound(room)}</span>
          {room.topic !== '' && <span className={css.topic}>{room.topic}</span>}
        </span>
      </button>
      {action}
    </div>
  )
}
