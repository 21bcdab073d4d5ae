import { useState } from 'react'
import { FirstRun } from '../features/first-run/first-run.tsx'
import { AddPeerDialog } from '../features/nearby/add-peer-dialog.tsx'
import { NearbyList } from '../features/nearby/nearby-list.tsx'
import { IdentityBackupButton } from '../features/settings/identity-backup.tsx'
import { roomHref } from '../model/routes.ts'
import { useServices } from '../model/use-client.ts'
import { Shell } from './shell.tsx'

/** The first run, once, and then the app. */
export function Welcome({ onSignOut }: { onSignOut: () => void }) {
  const { client } = useServices()
  const [firstRun, setFirstRun] = useState(() => !client.isFirstRunDone())
  const [adding, setAdding] = useState(false)
  if (!firstRun) return <Shell onSignOut={onSignOut} />

  function enter(roomId: string): void {
    window.location.hash = roomHref(roomId)
    setFirstRun(false)
  }

  return (
    <FirstRun
      nearby={
        <>
          <NearbyList large onAdd={() => setAdding(true)} onOpened={enter} />
          <AddPeerDialog open={adding} onOpenChange={setAdding} onOpened={enter} />
        </>
      }
      backup={<IdentityBackupButton />}
      onDone={() => setFirstRun(false)}
    />
  )
}
