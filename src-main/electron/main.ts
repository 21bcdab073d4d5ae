import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  Notification,
  powerMonitor,
  protocol,
  session,
  shell,
  utilityProcess,
} from 'electron'
import { appOrigin, appScheme, serveApp } from './app-protocol.ts'
import { argumentsForRestart } from '../options.ts'
import { dotBitmap } from './badge.ts'
import { registerIpc } from './ipc.ts'
import { deepLinkIn, isDeepLink } from './links.ts'
import { menuTemplate } from './menu.ts'
import { NodeSupervisor } from './node-supervisor.ts'
import { createNotifications } from './notifications.ts'
import { createWindow, guardNavigation, guardPermissions } from './window.ts'

const outDir = join(dirname(fileURLToPath(import.meta.url)), '..')
const log = (message: string): void => console.error(message)

protocol.registerSchemesAsPrivileged([
  { scheme: appScheme, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
])
app.enableSandbox()

let window: BrowserWindow | undefined
const show = (): void => {
  if (window === undefined) return
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}
const tell = (channel: string, value: unknown): void => window?.webContents.send(channel, value)
const notifications = createNotifications({
  create: (options) => new Notification(options),
  onClick: (click) => {
    show()
    tell('hearth:notification-click', click)
  },
  onReply: (reply) => tell('hearth:notification-reply', reply),
})
/** macOS and Linux show the number; Windows shows a dot on the button of the task bar. */
function setBadge(count: number): void {
  app.setBadgeCount(count)
  if (process.platform !== 'win32') return
  const dot = nativeImage.createFromBitmap(dotBitmap(16), { width: 16, height: 16 })
  window?.setOverlayIcon(count === 0 ? null : dot, count === 0 ? '' : `${count} unread`)
}
/** A link may be what opened the app: it waits for the page that asks about it. */
let waitingLink = deepLinkIn(process.argv)
let pageLoaded = false
const openDeepLink = (url: string): void => {
  show()
  if (pageLoaded) tell('hearth:deep-link', url)
  else waitingLink = url
}

let nodeArguments = process.argv.slice(app.isPackaged ? 1 : 2).filter((arg) => !isDeepLink(arg))
const node = new NodeSupervisor({
  fork: () =>
    utilityProcess.fork(join(outDir, 'main', 'node-process.js'), nodeArguments, {
      serviceName: 'Hearth node',
      stdio: 'inherit',
    }),
  setTimeout: (fn, ms) => {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
  now: () => Date.now(),
  log,
  onReady: () => {
    nodeArguments = argumentsForRestart(nodeArguments)
    // The page connects again by itself; a new address (another port) needs a new page and policy.
    if (window === undefined) open()
  },
  onFailed: (message) => {
    dialog.showErrorBox('Hearth cannot start', message)
    app.quit()
  },
})

function open(): void {
  const url = process.env['ELECTRON_RENDERER_URL'] ?? `${appOrigin}/index.html`
  window = createWindow(outDir, join(app.getPath('userData'), 'window.json'), url)
  window.on('closed', () => {
    window = undefined
    pageLoaded = false
  })
  window.webContents.on('did-finish-load', () => {
    pageLoaded = true
    if (waitingLink !== undefined) tell('hearth:deep-link', waitingLink)
    waitingLink = undefined
  })
}

if (!app.requestSingleInstanceLock()) {
  app.quit()
} else {
  app.on('second-instance', (_event, argv) => {
    show()
    const link = deepLinkIn(argv)
    if (link !== undefined) openDeepLink(link)
  })
  app.on('open-url', (event, url) => {
    event.preventDefault()
    if (isDeepLink(url)) openDeepLink(url)
  })
  app.on('web-contents-created', (_event, contents) =>
    guardNavigation(contents, (url) => void shell.openExternal(url)),
  )
  app.on('window-all-closed', () => app.quit())
  app.on('activate', () => (window === undefined ? open() : show()))

  let stopped = false
  app.on('before-quit', (event) => {
    if (stopped) return
    event.preventDefault()
    void node.stop().finally(() => {
      stopped = true
      app.quit()
    })
  })

  void app.whenReady().then(() => {
    guardPermissions(session.defaultSession)
    protocol.handle(appScheme, async (request) =>
      serveApp(request.url, join(outDir, 'renderer'), (await node.ready()).client_url),
    )
    Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, !app.isPackaged)))
    for (const scheme of ['hearth', 'matrix']) app.setAsDefaultProtocolClient(scheme)
    registerIpc(ipcMain, {
      session: async () => ({
        clientUrl: (await node.ready()).client_url,
        loginToken: await node.loginToken(),
      }),
      notify: (notification) => notifications.notify(notification),
      dismiss: (roomId) => notifications.dismiss(roomId),
      setBadge,
      openExternal: (url) => void shell.openExternal(url),
      log,
    })
    powerMonitor.on('suspend', () => node.tell({ event: 'suspend' }))
    powerMonitor.on('resume', () => node.tell({ event: 'resume' }))
    node.start()
  })
}
