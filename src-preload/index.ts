import { contextBridge, ipcRenderer } from 'electron'
import type { HearthBridge } from './contract.ts'

/** Tells `listener` what comes over `channel`; the event object, which leads back to IPC, stays here. */
function subscribe(channel: string, listener: (value: string) => void): () => void {
  const forward = (_event: unknown, value: unknown): void => {
    if (typeof value === 'string') listener(value)
  }
  ipcRenderer.on(channel, forward)
  return () => ipcRenderer.off(channel, forward)
}

const platform = process.platform
const bridge: HearthBridge = {
  mode: 'electron',
  platform: platform === 'darwin' || platform === 'win32' ? platform : 'linux',
  session: () => ipcRenderer.invoke('hearth:session'),
  notify: (notification) => ipcRenderer.send('hearth:notify', notification),
  setBadge: (count) => ipcRenderer.send('hearth:badge', count),
  onDeepLink: (listener) => subscribe('hearth:deep-link', listener),
  onNotificationClick: (listener) => subscribe('hearth:notification-click', listener),
  openExternal: (url) => ipcRenderer.send('hearth:open-external', url),
}

contextBridge.exposeInMainWorld('hearth', bridge)
