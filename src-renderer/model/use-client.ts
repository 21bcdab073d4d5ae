import { createContext, use, useSyncExternalStore } from 'react'
import type { HearthBridge } from '../../src-preload/contract.ts'
import type { HearthClient } from '../client/hearth-client.ts'
import type { Readable } from '../client/types.ts'

/** What every feature may use; provided by the app's shell. */
export interface AppServices {
  readonly client: HearthClient
  readonly bridge: HearthBridge
  /** Shows a sentence for a moment. */
  readonly toast: (text: string) => void
  /** Runs something that may fail and puts the failure into words. Resolves to whether it worked. */
  readonly attempt: (action: () => Promise<unknown>, failure: string) => Promise<boolean>
  /** What went wrong, as a sentence. */
  readonly describe: (error: unknown) => string
}

export const ServicesContext = createContext<AppServices | undefined>(undefined)

export function useServices(): AppServices {
  const services = use(ServicesContext)
  if (services === undefined) throw new Error('A feature was drawn outside of the shell')
  return services
}

export function useReadable<T>(readable: Readable<T>): T {
  return useSyncExternalStore(readable.subscribe, readable.get)
}

/** Whether one is signed in as the owner of this Hearth; false until it is known. */
export function useIsOwner(): boolean {
  const { client } = useServices()
  return useSyncExternalStore(client.nearby.subscribe, () => client.nearby.get().status === 'ready')
}
