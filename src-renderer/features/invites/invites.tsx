import { useState } from 'react'
import type { RoomSummary } from '../../client/types.ts'
import { plural } from '../../model/text.ts'
import { roomHref } from '../../model/routes.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import css from './invites.module.css'

interface InvitesProps {
  invites: readonly RoomSummary[]
  /** Rooms that one asked to come into. */
  knocks: readonly RoomSummary[]
}

/** What waits for an answer, one's own or another's. */
export function Invites({ invites, knocks }: InvitesProps) {
  const { client } = useServices()
  const ignored = useReadable(client.ignored)
  const wanted = invites.filter((room) => room.inviter === undefined || !ignored.has(room.inviter.userId))
  return (
    <>
      <InviteList invites={wanted} />
      <KnockList knocks={knocks} />
    </>
  )
}

function InviteList({ invites }: { invites: readonly RoomSummary[] }) {
  if (invites.length === 0) return null
  return (
    <section className={css.section} aria-label={plural(invites.length, 'invitation')}>
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" aria-label="Invitations">
        {invites.map((room) => (
          <InviteCard key={room.id} room={room} />
        ))}
      </ul>
    </section>
  )
}

function KnockList({ knocks }: { knocks: readonly RoomSummary[] }) {
  if (knocks.length === 0) return null
  return (
    <section className={css.section} aria-label={plural(knocks.length, 'request')}>
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" aria-label="Asked to join">
        {knocks.map((room) => (
          <KnockCard key={room.id} room={room} />
        ))}
      </ul>
    </section>
  )
}

function KnockCard({ room }: { room: RoomSummary }) {
  const { client, attempt } = useServices()
  const [busy, setBusy] = useState(false)

  async function takeBack(): Promise<void> {
    setBusy(true)
    // After success the card goes with the next sync.
    if (!(await attempt(() => client.decline(room.id), 'The request could not be taken back'))) setBusy(false)
  }

  return (
    <li className={css.card}>
      <div className={css.words}>
        <Avatar id={room.id} name={room.name} mxc={room.avatarMxc} shape="square" />
        <div className={css.text}>
          <p className={css.name}>{room.name}</p>
          <p className={css.detail}>You asked to join; waiting for an answer</p>
        </div>
      </div>
      <div className={css.actions}>
        <Button size="sm" busy={busy} onClick={() => void takeBack()}>
          Take back
        </Button>
      </div>
    </li>
  )
}

function InviteCard({ room }: { room: RoomSummary }) {
  const { client, attempt } = useServices()
  const [busy, setBusy] = useState<'accept' | 'decline'>()
  const inviter = room.inviter?.name ?? 'Somebody'

  async function answer(kind: 'accept' | 'decline'): Promise<void> {
    setBusy(kind)
    const worked =
      kind === 'accept'
        ? await attempt(() => client.accept(room.id), 'The invitation could not be accepted')
        : await attempt(() => client.decline(room.id), 'The invitation could not be declined')
    if (worked && kind === 'accept') window.location.hash = roomHref(room.id)
    // After success the card goes with the next sync; until then it stays busy, so that nobody answers twice.
    if (!worked) setBusy(undefined)
  }

  return (
    <li className={css.card}>
      <div className={css.words}>
        <Avatar
          id={room.directWith?.userId ?? room.id}
          name={room.name}
          mxc={room.avatarMxc}
          shape={room.directWith === undefined ? 'square' : 'round'}
        />
        <div className={css.text}>
          <p className={css.name}>{room.directWith === undefined ? room.name : inviter}</p>
          <p className={css.detail}>
            {room.directWith === undefined ? `${inviter} invites you` : 'wants to talk with you'}
          </p>
        </div>
      </div>
      <div className={css.actions}>
        <Button
          size="sm"
          variant="primary"
          busy={busy === 'accept'}
          disabled={busy !== undefined}
          onClick={() => void answer('accept')}
        >
          Accept
        </Button>
        <Button
          size="sm"
          busy={busy === 'decline'}
          disabled={busy !== undefined}
          onClick={() => void answer('decline')}
        >
          Decline
        </Button>
      </div>
    </li>
  )
}
