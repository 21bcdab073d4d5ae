import { useState } from 'react'
import type { FoundRoom } from '../model/types.ts'
import { describeEntry, describeFound, ENTRY_WORDS } from '../model/entering.ts'
import { useReadable, useServices } from '../model/use-client.ts'
import { useEntering } from '../model/use-entering.ts'
import { Avatar } from './avatar.tsx'
import { Button } from './button.tsx'
import { TextField } from './field.tsx'
import css from './room-preview.module.css'

interface RoomPreviewProps {
  room: FoundRoom
  onOpened: (roomId: string) => void
}

/** A room before one is in it, and the one thing to do with it. */
export function RoomPreview({ room, onOpened }: RoomPreviewProps) {
  const { client } = useServices()
  const mine = useReadable(client.rooms)
  const { entry, busy, error, enter } = useEntering(room, onOpened)
  const [reason, setReason] = useState('')
  return (
    <div className={css.preview}>
      <Avatar id={room.id} name={room.name} mxc={room.avatarMxc} size={64} shape="square" />
      <h3 className={css.name}>{room.name}</h3>
      {room.alias !== undefined && room.alias !== room.name && <p className={css.alias}>{room.alias}</p>}
      <p className={css.detail}>{describeFound(room)}</p>
      {room.topic !== '' && <p className={css.topic}>{room.topic}</p>}
      <p className={css.rule}>{describeEntry(room, mine)}</p>
      {entry === 'ask' && (
        <div className={css.reason}>
          <TextField
            label="Why would you like to join?"
            hint="Those who may let you in read this. You may leave it empty."
            value={reason}
            maxLength={500}
            onChange={(event) => setReason(event.target.value)}
          />
        </div>
      )}
      {entry === 'waiting' && (
        <p className={css.waiting}>You asked to join. You come in as soon as somebody there lets you in.</p>
      )}
      {error !== undefined && (
        <p className={css.error} role="alert">
          {error}
        </p>
      )}
      {entry !== 'waiting' && entry !== 'closed' && (
        <Button variant="primary" busy={busy} onClick={() => enter(reason.trim())}>
          {ENTRY_WORDS[entry]}
        </Button>
      )}
      {busy && <output className={css.detail}>Asking the other computers. This may take a moment.</output>}
    </div>
  )
}
