import type { BridgeNotification, NotificationClick, NotificationReply } from '../../src-preload/contract.ts'

/** The part of Electron's `Notification` that is used. */
export interface SystemNotification {
  on(event: 'click' | 'close' | 'failed', listener: () => void): unknown
  on(event: 'reply', listener: (details: { reply: string }) => void): unknown
  show(): void
  close(): void
}

export interface NotificationsOptions {
  readonly create: (options: {
    title: string
    body: string
    silent: boolean
    hasReply: boolean
    replyPlaceholder: string
  }) => SystemNotification
  readonly onClick: (click: NotificationClick) => void
  readonly onReply: (reply: NotificationReply) => void
}

/** As many as anybody reads; the oldest goes. */
const MOST_SHOWN = 30
const LONGEST_REPLY = 10_000

/**
 * The notifications that are on the screen. They are held here, as a collected one no longer tells that it
 * was clicked, and by event: what is told again (by a second connection) is shown once.
 */
export function createNotifications({ create, onClick, onReply }: NotificationsOptions) {
  const shown = new Map<string, { roomId: string; notification: SystemNotification }>()

  function forget(eventId: string): void {
    shown.delete(eventId)
  }

  function close(eventId: string): void {
    shown.get(eventId)?.notification.close()
    forget(eventId)
  }

  return {
    notify({ title, body, roomId, eventId, silent, canReply }: BridgeNotification): void {
      if (shown.has(eventId)) return
      const notification = create({ title, body, silent, hasReply: canReply, replyPlaceholder: 'Reply' })
      notification.on('click', () => {
        forget(eventId)
        onClick({ roomId, eventId })
      })
      notification.on('reply', ({ reply }) => {
        forget(eventId)
        const text = reply.slice(0, LONGEST_REPLY)
        if (text.trim() !== '') onReply({ roomId, eventId, text })
      })
      notification.on('close', () => forget(eventId))
      notification.on('failed', () => forget(eventId))
      shown.set(eventId, { roomId, notification })
      const [oldest] = shown.keys()
      if (shown.size > MOST_SHOWN && oldest !== undefined) close(oldest)
      notification.show()
    },
    dismiss(roomId: string): void {
      for (const [eventId, each] of [...shown]) if (each.roomId === roomId) close(eventId)
    },
  }
}
