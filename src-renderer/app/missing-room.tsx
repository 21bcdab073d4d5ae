import { DoorClosed, DoorOpen } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { RoomDetail } from '../client/types.ts'
import { describeOut } from '../model/left-rooms.ts'
import { HOME_HREF } from '../model/routes.ts'
import { useServices } from '../model/use-client.ts'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Waiting } from '../ui/waiting.tsx'

/** A room that was just made or joined arrives with the next sync. */
const ARRIVES_WITHIN_MS = 20_000

interface MissingProps {
  roomId: string
  membership: RoomDetail['membership'] | undefined
  onOpened: (roomId: string) => void
}

/** In the place of a conversation that is not here, and why it is not. */
export function Missing({ roomId, membership, onOpened }: MissingProps) {
  const { client, attempt } = useServices()
  const [patient, setPatient] = useState(true)
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setPatient(false), ARRIVES_WITHIN_MS)
    return () => clearTimeout(timer)
  }, [])
  const left = membership === undefined ? client.leftRoom(roomId) : undefined

  async function rejoin(): Promise<void> {
    setBusy(true)
    await attempt(
      async () => onOpened(await client.joinRoom(roomId, client.serversOf(roomId))),
      'You could not join again',
    )
    setBusy(false)
  }

  async function forget(): Promise<void> {
    setBusy(true)
    const done = await attempt(() => client.forget(roomId), 'The room could not be forgotten')
    setBusy(false)
    if (done) window.location.hash = HOME_HREF
  }

  if (left !== undefined && left.how !== 'left') {
    const { title, words } = describeOut(left)
    return (
      <EmptyState
        icon={<DoorClosed />}
        title={title}
        actions={
          <>
            {left.how === 'removed' && (
              <Button disabled={busy} onClick={() => void rejoin()}>
                Join again
              </Button>
            )}
            <Button disabled={busy} onClick={() => void forget()}>
              Forget
            </Button>
          </>
        }
      >
        {words}
      </EmptyState>
    )
  }
  if (patient) return <Waiting whole>Opening the conversation</Waiting>
  const { title, words } = MISSING[membership === 'invite' || membership === 'knock' ? membership : 'gone']
  return (
    <EmptyState icon={<DoorOpen />} title={title}>
      {words}
    </EmptyState>
  )
}

const MISSING = {
  invite: { title: 'You are invited', words: 'Accept the invitation in the list to come in.' },
  knock: { title: 'You asked to come in', words: 'It opens as soon as somebody there lets you in.' },
  gone: {
    title: 'This conversation is not here',
    words: 'You may have left it, or it belongs to another account.',
  },
} as const
