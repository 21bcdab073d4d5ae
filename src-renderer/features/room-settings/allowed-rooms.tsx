import type { RoomDetail } from '../../client/types.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import css from './room-settings.module.css'
import type { RoomDraft } from './use-room-draft.ts'

interface AllowedRoomsProps {
  room: RoomDetail
  settings: RoomDraft
  disabled: boolean
}

interface Choice {
  readonly id: string
  readonly name: string
  readonly avatarMxc: string | undefined
  readonly space: boolean
  readonly known: boolean
}

/** Whose members come in without an invitation. */
export function AllowedRooms({ room, settings, disabled }: AllowedRoomsProps) {
  const { client } = useServices()
  const rooms = useReadable(client.rooms)
  const allowed = settings.list('allow')
  const mine = rooms
    .filter((each) => each.membership === 'join' && each.directWith === undefined && each.id !== room.id)
    .map((each): Choice => ({ ...each, space: isSpace(each.id), known: true }))
    .toSorted((a, b) => Number(b.space) - Number(a.space) || a.name.localeCompare(b.name))
  const others = allowed
    .filter((id) => !mine.some((each) => each.id === id))
    .map((id): Choice => ({ id, name: id, avatarMxc: undefined, space: false, known: false }))
  const choices = [...others, ...mine]

  function isSpace(roomId: string): boolean {
    return client.roomFacts(roomId).get()?.state['m.room.create']?.['type'] === 'm.space'
  }

  function toggle(id: string): void {
    settings.edit('allow', allowed.includes(id) ? allowed.filter((each) => each !== id) : [...allowed, id])
  }

  if (choices.length === 0)
    return <p className={css.hint}>You are in no other room or space whose members could come in.</p>
  return (
    <fieldset className={css.rooms}>
      <legend className={css.label}>Members of</legend>
      {choices.map((each) => (
        <label key={each.id} className={css.room}>
          <input
            type="checkbox"
            checked={allowed.includes(each.id)}
            disabled={disabled}
            onChange={() => toggle(each.id)}
          />
          <Avatar id={each.id} name={each.name} mxc={each.avatarMxc} size={24} shape="square" />
          <span className={css.roomName}>{each.known ? each.name : 'A room that you are not in'}</span>
          <span className={css.hint}>{each.known ? (each.space ? 'Space' : 'Room') : each.name}</span>
        </label>
      ))}
      {allowed.length === 0 && <p className={css.hint}>Until you choose one, only invited people come in.</p>}
    </fieldset>
  )
}
