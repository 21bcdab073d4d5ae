import { join } from 'node:path'
import { BrowserWindow, screen, shell, type Session } from 'electron'
import { appOrigin } from './app-protocol.ts'
import { externalUrl } from './links.ts'
import { isPermitted } from './permissions.ts'
import { fitToDisplays, loadWindowState, saveWindowState } from './window-state.ts'

/** The options on which the window's safety rests; tested as they are. */
export function webPreferences(preload: string): Electron.WebPreferences {
  return {
    preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webSecurity: true,
    webviewTag: false,
    spellcheck: true,
  }
}

export function createWindow(outDir: string, stateFile: string, url: string): BrowserWindow {
  const state = fitToDisplays(
    loadWindowState(stateFile),
    screen.getAllDisplays().map((display) => display.workArea),
  )
  const { x, y, width, height } = state
  const window = new BrowserWindow({
    ...(x === undefined || y === undefined ? {} : { x, y }),
    width,
    height,
    minWidth: 360,
    minHeight: 400,
    title: 'Hearth',
    show: false,
    webPreferences: webPreferences(join(outDir, 'preload', 'index.cjs')),
  })
  if (state.maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () =>
    saveWindowState(stateFile, { ...window.getNormalBounds(), maximized: window.isMaximized() }),
  )
  guardNavigation(window.webContents, (address) => void shell.openExternal(address))
  void window.loadURL(url)
  return window
}

/** The page stays where it is: every other address opens in the browser, or not at all. */
export function guardNavigation(
  contents: Pick<Electron.WebContents, 'on' | 'setWindowOpenHandler'>,
  openExternal: (url: string) => void,
): void {
  const refuse = (event: { preventDefault(): void; url?: string }, url = event.url ?? ''): void => {
    if (!url.startsWith(`${appOrigin}/`)) event.preventDefault()
  }
  contents.on('will-navigate', (event) => refuse(event))
  contents.on('will-redirect', (event) => refuse(event))
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    const address = externalUrl(url)
    if (address !== undefined) openExternal(address)
    return { action: 'deny' }
  })
}

export function guardPermissions(
  session: Pick<Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler'>,
): void {
  session.setPermissionRequestHandler((_contents, permission, callback, details) => {
    const media = 'mediaTypes' in details ? details.mediaTypes : undefined
    callback(isPermitted(permission, originOf(details.requestingUrl), appOrigin, media))
  })
  session.setPermissionCheckHandler((_contents, permission, origin, { mediaType }) =>
    isPermitted(permission, origin, appOrigin, mediaType === undefined ? [] : [mediaType]),
  )
}

/** `URL.origin` is `null` for schemes of one's own. */
function originOf(url: string): string {
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}
