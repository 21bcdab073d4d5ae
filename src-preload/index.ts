import { contextBridge, ipcRenderer } from 'electron'
import type { HearthBridge, NotificationClick, NotificationReply } from './contract.ts'

/** Tells `listener` what comes over `channel`; the event object, which leads back to IPC, stays here. */
function subscribe<T>(
  channel: string,
  read: (value: unknown) => T | undefined,
  listener: (value: T) => void,
): () => void {
  const forward = (_event: unknown, value: unknown): void => {
    const known = read(value)
    if (known !== undefined) listener(known)
  }
  ipcRenderer.on(channel, forward)
  return () => ipcRenderer.off(channel, forward)
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function click(value: unknown): NotificationClick | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const roomId = text(Reflect.get(value, 'roomId'))
  const eventId = text(Reflect.get(value, 'eventId'))
  return roomId === undefined || eventId === undefined ? undefined : { roomId, eventId }
}

function reply(value: unknown): NotificationReply | undefined {
  const about = click(value)
  const words = about === undefined ? undefined : text(Reflect.get(Object(value), 'text'))
  return about === undefined || words === undefined ? undefined : { ...about, text: words }
}

const platform = process.platform
const bridge: HearthBridge = {
  mode: 'electron',
  platform: platform === 'darwin' || platform === 'win32' ? platform : 'linux',
  session: () => ipcRenderer.invoke('hearth:session'),
  notify: (notification) => ipcRenderer.send('hearth:notify', notification),
  dismiss: (roomId) => ipcRenderer.send('hearth:dismiss', roomId),
  setBadge: (count) => ipcRenderer.send('hearth:badge', count),
  onDeepLink: (listener) => subscribe('hearth:deep-link', text, listener),
  onNotificationClick: (listener) => subscribe('hearth:notification-click', click, listener),
  onNotificationReply: (listener) => subscribe('hearth:notification-reply', reply, listener),
  openExternal: (url) => ipcRenderer.send('hearth:open-external', url),
}

contextBridge.exposeInMainWorld('hearth', bridge)
