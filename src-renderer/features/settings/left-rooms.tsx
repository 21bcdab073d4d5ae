import { useState } from 'react'
import type { LeftRoom } from '../../client/left-rooms.ts'
import { describeLeft } from '../../model/left-rooms.ts'
import { useServices } from '../../model/use-client.ts'
import { usePaged } from '../../model/use-paged.ts'
import { useNow } from '../../model/use-now.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { LeftHistory } from './left-history.tsx'
import { NameAndDetail } from '../../ui/name-and-detail.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import css from './people-list.module.css'
import { SettingsSection } from './settings-section.tsx'

/** Rooms that one is not in any more: to come back to, or to forget. */
export function LeftRooms({ onOpened }: { onOpened: (roomId: string) => void }) {
  const { client, attempt } = useServices()
  const now = useNow(60_000)
  const listed = usePaged<LeftRoom>('left', {
    load: async () => ({ items: await client.leftRooms(), next: undefined }),
    idOf: (room) => room.id,
  })
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set())
  const rooms = listed.items.filter((room) => !gone.has(room.id))
  const [reading, setReading] = useState<LeftRoom>()
  const [busy, setBusy] = useState<string>()

  async function run(room: LeftRoom, failure: string, action: () => Promise<void>): Promise<void> {
    setBusy(room.id)
    if (await attempt(action, failure)) setGone((before) => new Set(before).add(room.id))
    setBusy(undefined)
  }

  async function rejoin(room: LeftRoom): Promise<void> {
    onOpened(await client.joinRoom(room.id, client.serversOf(room.id)))
  }

  return (
    <SettingsSection title="Rooms you left">
      {listed.status === 'loading' ? (
        <output className={css.empty}>
          <Spinner /> Looking
        </output>
      ) : listed.status === 'failed' ? (
        <p role="alert" className="field-error">
          The rooms could not be listed. {listed.error}{' '}
          <Button size="sm" onClick={listed.retry}>
            Try again
          </Button>
        </p>
      ) : rooms.length === 0 ? (
        <p className={css.empty}>There are none. What you forget is not listed.</p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-redundant-roles
        <ul role="list" aria-label="Rooms you left" className={css.list}>
          {rooms.map((room) => (
            <li key={room.id} className={css.row}>
              <Avatar id={room.id} name={room.name ?? 'Room'} mxc={room.avatarMxc} size={32} shape="square" />
              <NameAndDetail name={room.name ?? 'A room without a name'} detail={describeLeft(room, now)} />
              <Button size="sm" variant="ghost" onClick={() => setReading(room)}>
                Read
              </Button>
              {room.how !== 'banned' && (
                <Button
                  size="sm"
                  disabled={busy !== undefined}
                  onClick={() => void run(room, 'You could not join again', () => rejoin(room))}
                >
                  Join again
                </Button>
              )}
              <Button
                size="sm"
                variant="ghost"
                aria-label={`Forget ${room.name ?? 'the room without a name'}`}
                disabled={busy !== undefined}
                onClick={() =>
                  void run(room, 'The room could not be forgotten', () => client.forget(room.id))
                }
              >
                Forget
              </Button>
            </li>
          ))}
        </ul>
      )}
      {reading !== undefined && <LeftHistory room={reading} onClose={() => setReading(undefined)} />}
    </SettingsSection>
  )
}
