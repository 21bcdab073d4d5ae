import type { HearthBridge, NotificationClick } from '../../src-preload/contract.ts'

const OPENABLE = new Set(['http:', 'https:', 'mailto:'])

/** `window.hearth` where there is no Electron: the page comes from the node itself, at the same origin. */
export function createWebBridge(): HearthBridge {
  const clicks = new Set<(click: NotificationClick) => void>()
  const shown = new Map<Notification, string>()
  return {
    mode: 'browser',
    platform: 'web',
    session: () => Promise.resolve({ clientUrl: window.location.origin }),
    notify({ title, body, roomId, eventId, silent }) {
      if (!('Notification' in window) || Notification.permission !== 'granted') return
      // By the tag, the browser shows once what several windows of the app tell.
      const notification = new Notification(title, { body, tag: eventId, silent })
      shown.set(notification, roomId)
      notification.addEventListener('close', () => shown.delete(notification))
      notification.addEventListener('click', () => {
        window.focus()
        notification.close()
        for (const listener of clicks) listener({ roomId, eventId })
      })
    },
    dismiss(roomId) {
      for (const [notification, about] of shown) if (about === roomId) notification.close()
    },
    setBadge(count) {
      document.title = count === 0 ? 'Hearth' : `(${count > 99 ? '99+' : count}) Hearth`
    },
    onDeepLink: () => () => undefined,
    onNotificationClick(listener) {
      clicks.add(listener)
      return () => clicks.delete(listener)
    },
    // Pages cannot offer an answer in their notifications.
    onNotificationReply: () => () => undefined,
    openExternal(address) {
      if (URL.canParse(address) && OPENABLE.has(new URL(address).protocol)) {
        window.open(address, '_blank', 'noopener,noreferrer')
      }
    },
  }
}
