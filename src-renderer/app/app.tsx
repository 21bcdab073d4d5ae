import { Tooltip } from 'radix-ui'
import { useCallback, useEffect, useState } from 'react'
import type { HearthBridge } from '../../src-preload/contract.ts'
import { createHearthClient, type HearthClient } from '../client/hearth-client.ts'
import { clearSession, saveSession } from '../client/session.ts'
import type { Session } from '../client/types.ts'
import { useReadable } from '../model/use-client.ts'
import { PictureContext } from '../ui/avatar.tsx'
import { bootstrap, type Start } from './bootstrap.ts'
import { Loading } from './loading.tsx'
import { Providers } from './providers.tsx'
import { SignIn } from './sign-in.tsx'
import { Welcome } from './welcome.tsx'

/** Strict mode mounts twice; a one-time token must be spent once. */
let starting: Promise<Start> | undefined

export function App({ bridge }: { bridge: HearthBridge }) {
  const [start, setStart] = useState<Start>()
  const [failed, setFailed] = useState(false)

  useEffect(() => {
    starting ??= bootstrap(bridge)
    starting.then(setStart).catch((error: unknown) => {
      console.error('Hearth could not start', error)
      setFailed(true)
    })
  }, [bridge])

  const signOut = useCallback((problem?: string) => {
    clearSession(localStorage)
    setStart((before) => ({
      kind: 'sign-in',
      clientUrl: before?.kind === 'session' ? before.session.clientUrl : (before?.clientUrl ?? ''),
      problem,
    }))
  }, [])

  if (failed) return <Loading words="Hearth does not answer. Is it still running?" />
  if (start === undefined) return <Loading words="Opening Hearth" />
  if (start.kind === 'sign-in') {
    return (
      <SignIn
        clientUrl={start.clientUrl}
        problem={start.problem}
        onSession={(session) => {
          saveSession(localStorage, session)
          setStart({ kind: 'session', session })
        }}
      />
    )
  }
  return (
    <SignedIn key={start.session.accessToken} session={start.session} bridge={bridge} onSignedOut={signOut} />
  )
}

interface SignedInProps {
  session: Session
  bridge: HearthBridge
  onSignedOut: (problem?: string) => void
}

function SignedIn({ session, bridge, onSignedOut }: SignedInProps) {
  const [client, setClient] = useState<HearthClient>()

  useEffect(() => {
    const created = createHearthClient(session)
    // Made here and not while drawing: strict mode repeats effects, and a stopped client cannot start again.
    // oxlint-disable-next-line react/set-state-in-effect
    setClient(created)
    created.start().catch((error: unknown) => console.error('The client could not start', error))
    return () => created.stop()
  }, [session])

  if (client === undefined) return <Loading words="Opening Hearth" />
  return (
    <PictureContext value={client.picture}>
      <Tooltip.Provider delayDuration={500}>
        <Providers client={client} bridge={bridge}>
          <Connected client={client} onSignedOut={onSignedOut} />
        </Providers>
      </Tooltip.Provider>
    </PictureContext>
  )
}

function Connected({
  client,
  onSignedOut,
}: {
  client: HearthClient
  onSignedOut: (problem?: string) => void
}) {
  const connection = useReadable(client.connection)
  useEffect(() => {
    if (connection === 'signed-out')
      onSignedOut('You were signed out. Open the link that Hearth prints when it starts.')
  }, [connection, onSignedOut])
  if (connection === 'starting') return <Loading words="Fetching your conversations" />
  return <Welcome onSignOut={() => void client.signOut().finally(() => onSignedOut())} />
}
