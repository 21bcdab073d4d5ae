import { useEffect, useMemo, useState, type ReactNode } from 'react'
import type { HearthBridge } from '../../src-preload/contract.ts'
import type { HearthClient } from '../client/hearth-client.ts'
import { describeError } from '../client/media.ts'
import { ServicesContext, type AppServices } from '../model/use-client.ts'
import { Toasts, type ToastMessage } from '../ui/toasts.tsx'

interface ProvidersProps {
  client: HearthClient
  bridge: HearthBridge
  children: ReactNode
}

let nextToast = 0

export function Providers({ client, bridge, children }: ProvidersProps) {
  const [toasts, setToasts] = useState<readonly ToastMessage[]>([])

  const services = useMemo<AppServices>(() => {
    // Only the last few: a row of failures is one failure to a person.
    const toast = (text: string): void =>
      setToasts((before) => [...before.slice(-2), { id: nextToast++, text }])
    return {
      client,
      bridge,
      toast,
      describe: describeError,
      async attempt(action, failure) {
        try {
          await action()
          return true
        } catch (error) {
          toast(`${failure}. ${describeError(error)}`)
          return false
        }
      },
    }
  }, [client, bridge])

  // A reaction or a deletion that the node refused is gone from the screen: only words can tell.
  useEffect(() => client.onRefused(({ error }) => services.toast(error)), [client, services])

  return (
    <ServicesContext value={services}>
      {children}
      <Toasts
        toasts={toasts}
        onDone={(id) => setToasts((before) => before.filter((each) => each.id !== id))}
      />
    </ServicesContext>
  )
}
