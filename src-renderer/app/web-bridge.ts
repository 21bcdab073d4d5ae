import type { HearthBridge } from '../../src-preload/contract.ts'

const OPENABLE = new Set(['http:', 'https:', 'mailto:'])

/** `window.hearth` where there is no Electron: the page comes from the node itself, at the same origin. */
export function createWebBridge(): HearthBridge {
  const clicks = new Set<(roomId: string) => void>()
  return {
    mode: 'browser',
    platform: 'web',
    session: () => Promise.resolve({ clientUrl: window.location.origin }),
    notify({ title, body, roomId }) {
      if (!('Notification' in window) || Notification.permission !== 'granted') return
      const notification = new Notification(title, { body, tag: roomId })
      notification.addEventListener('click', () => {
        window.focus()
        notification.close()
        for (const listener of clicks) listener(roomId)
      })
    },
    setBadge(count) {
      document.title = count === 0 ? 'Hearth' : `(${count > 99 ? '99+' : count}) Hearth`
    },
    onDeepLink: () => () => undefined,
    onNotificationClick(listener) {
      clicks.add(listener)
      return () => clicks.delete(listener)
    },
    openExternal(address) {
      if (URL.canParse(address) && OPENABLE.has(new URL(address).protocol)) {
        window.open(address, '_blank', 'noopener,noreferrer')
      }
    },
  }
}
