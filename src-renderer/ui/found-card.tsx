import type { FoundRoom } from '../model/types.ts'
import { describeEntry, describeFound } from '../model/entering.ts'
import { useReadable, useServices } from '../model/use-client.ts'
import { Avatar } from './avatar.tsx'
import css from './found-card.module.css'

/** A room that an address leads to, in a few lines. */
export function FoundCard({ room }: { room: FoundRoom }) {
  const { client } = useServices()
  const mine = useReadable(client.rooms)
  return (
    <div className={css.card}>
      <Avatar id={room.id} name={room.name} mxc={room.avatarMxc} size={44} shape="square" />
      <div className={css.words}>
        <p className={css.name}>{room.name}</p>
        <p className={css.detail}>{describeFound(room)}</p>
        {room.topic !== '' && <p className={css.topic}>{room.topic}</p>}
        <p className={css.detail}>{describeEntry(room, mine)}</p>
      </div>
    </div>
  )
}
