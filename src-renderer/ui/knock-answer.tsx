import { useState } from 'react'
import type { Outsider } from '../model/types.ts'
import { useServices } from '../model/use-client.ts'
import { Button } from './button.tsx'
import { ReasonDialog } from './reason-dialog.tsx'

/** Lets somebody in who asked, or not. */
export function KnockAnswer({
  roomId,
  person,
  mayDeny,
}: {
  roomId: string
  person: Outsider
  mayDeny: boolean
}) {
  const { client, attempt } = useServices()
  const [busy, setBusy] = useState(false)
  const [denying, setDenying] = useState(false)

  async function approve(): Promise<void> {
    setBusy(true)
    // After success the request goes with the next sync; until then nobody answers twice.
    const worked = await attempt(
      () => client.invite(roomId, person.userId),
      `${person.name} could not be let in`,
    )
    if (!worked) setBusy(false)
  }

  return (
    <>
      <Button
        size="sm"
        variant="primary"
        busy={busy}
        aria-label={`Let ${person.name} in`}
        onClick={() => void approve()}
      >
        Let in
      </Button>
      {mayDeny && (
        <Button
          size="sm"
          disabled={busy}
          aria-label={`Decline that ${person.name} joins`}
          onClick={() => setDenying(true)}
        >
          Decline
        </Button>
      )}
      <ReasonDialog
        open={denying}
        onClose={() => setDenying(false)}
        title={`Decline that ${person.name} joins?`}
        description="They can ask again later, unless you ban them."
        action="Decline"
        hint="They can read it. Empty is fine too."
        onConfirm={async (reason) => await client.kick(roomId, person.userId, reason)}
      />
    </>
  )
}
