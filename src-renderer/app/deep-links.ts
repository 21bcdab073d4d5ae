import { useEffect, useEffectEvent } from 'react'
import type { HearthBridge } from '../../src-preload/contract.ts'

/** Links that came before there was anybody to ask. Only the last counts: nobody answers a row of questions. */
let waiting: string | undefined
let handle: ((url: string) => void) | undefined

/** Called once, as early as the page can: a link may be what opened the app. */
export function collectDeepLinks(bridge: HearthBridge): void {
  bridge.onDeepLink((url) => {
    if (handle === undefined) waiting = url
    else handle(url)
  })
}

/** Hands over `matrix:` and `hearth:` links from outside. Hostile input. */
export function useDeepLinks(onLink: (url: string) => void): void {
  const latest = useEffectEvent(onLink)
  useEffect(() => {
    handle = (url) => latest(url)
    if (waiting !== undefined) handle(waiting)
    waiting = undefined
    return () => {
      handle = undefined
    }
  }, [])
}
