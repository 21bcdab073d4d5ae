import { useSyncExternalStore } from 'react'
import { parseRoute, type Route } from '../model/routes.ts'

let cached: { hash: string; route: Route } | undefined

function current(): Route {
  const { hash } = window.location
  if (cached?.hash !== hash) cached = { hash, route: parseRoute(hash) }
  return cached.route
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, current)
}
