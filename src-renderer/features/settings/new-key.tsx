import { useState } from 'react'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import css from './domain.module.css'

/** Another signing key, for a server that is named by a domain. */
export function NewKey() {
  const { client, attempt } = useServices()
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [done, setDone] = useState(false)

  async function exchange(): Promise<void> {
    setBusy(true)
    setDone(await attempt(async () => await client.rotateKey(), 'The key could not be exchanged'))
    setBusy(false)
  }

  return (
    <details className={css.more}>
      <summary>A new signing key</summary>
      <div className={css.guide}>
        <p className={css.text}>
          Everything that this Hearth says to other servers is signed with its key. If somebody else may have
          had a look at the data folder or a backup of it, exchange the key: what was signed before stays
          valid, and within a day nobody with the old key can speak for you any more.
        </p>
        <div className={css.row}>
          <Button busy={busy} onClick={() => setAsking(true)}>
            Exchange the key…
          </Button>
          {done && (
            <output className={css.text}>A new key is in use. Make a new backup of your identity.</output>
          )}
        </div>
      </div>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="Exchange the signing key?"
        description="Other servers fetch the new key by themselves; messages may reach them some seconds later. There is no way back to the old key, and earlier backups of your identity hold only that."
        action="Exchange the key"
        onConfirm={() => void exchange()}
      />
    </details>
  )
}
