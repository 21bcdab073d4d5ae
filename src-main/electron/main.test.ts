import { beforeEach, expect, test, vi } from 'vitest'

/** A stand-in for the `electron` module: what `main.ts` uses of it, recorded. */
const electron = vi.hoisted(() => {
  const state = {
    hasLock: true,
    children: [] as { sent: unknown[]; emit(name: string, value: unknown): void }[],
    windows: [] as {
      url: string
      options: { webPreferences?: Record<string, unknown> }
      sent: unknown[][]
    }[],
    listeners: new Map<string, (...args: unknown[]) => void>(),
    schemes: [] as unknown[],
    handlers: new Map<string, (...args: unknown[]) => unknown>(),
    quits: 0,
    errors: [] as string[],
  }
  return state
})

vi.mock('electron', async () => {
  const { EventEmitter } = await import('node:events')
  class BrowserWindow extends EventEmitter {
    readonly record
    readonly webContents = {
      on: (name: string, fn: () => void): void => {
        if (name === 'did-finish-load') fn()
      },
      setWindowOpenHandler: () => undefined,
      send: (...args: unknown[]) => void this.record.sent.push(args),
    }
    constructor(options: { webPreferences?: Record<string, unknown> }) {
      super()
      this.record = { url: '', options, sent: [] as unknown[][] }
      electron.windows.push(this.record)
    }
    loadURL(url: string): Promise<void> {
      this.record.url = url
      return Promise.resolve()
    }
    isMinimized = (): boolean => false
    show = (): void => undefined
    focus = (): void => undefined
    maximize = (): void => undefined
  }
  return {
    BrowserWindow,
    Menu: { setApplicationMenu: () => undefined, buildFromTemplate: () => ({}) },
    Notification: class {},
    dialog: { showErrorBox: (_title: string, text: string) => void electron.errors.push(text) },
    ipcMain: {
      handle: (name: string, fn: () => unknown) => void electron.handlers.set(name, fn),
      on: (name: string, fn: () => unknown) => void electron.handlers.set(name, fn),
    },
    powerMonitor: { on: (name: string, fn: () => void) => void electron.listeners.set(`power ${name}`, fn) },
    protocol: {
      registerSchemesAsPrivileged: (schemes: unknown[]) => void electron.schemes.push(...schemes),
      handle: (name: string, fn: () => unknown) => void electron.handlers.set(name, fn),
    },
    screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
    session: {
      defaultSession: {
        setPermissionRequestHandler: () => undefined,
        setPermissionCheckHandler: () => undefined,
      },
    },
    shell: { openExternal: () => Promise.resolve() },
    utilityProcess: {
      fork: () => {
        const emitter = new EventEmitter()
        const child = {
          sent: [] as unknown[],
          postMessage: (message: unknown) => void child.sent.push(message),
          kill: () => true,
          on: (name: string, fn: (value: unknown) => void) => emitter.on(name, fn),
          emit: (name: string, value: unknown) => void emitter.emit(name, value),
        }
        electron.children.push(child)
        return child
      },
    },
    app: {
      isPackaged: false,
      enableSandbox: () => void electron.listeners.set('sandboxed', () => undefined),
      requestSingleInstanceLock: () => electron.hasLock,
      whenReady: () => Promise.resolve(),
      getPath: () => '/nonexistent',
      setAsDefaultProtocolClient: () => true,
      setBadgeCount: () => true,
      quit: () => void electron.quits++,
      on: (name: string, fn: (...args: unknown[]) => void) => void electron.listeners.set(name, fn),
    },
  }
})

const ready = {
  event: 'ready',
  server_name: 's',
  client_url: 'http://127.0.0.1:1',
  federation_url: 'https://127.0.0.1:2',
  login_url: 'http://127.0.0.1:1/#/login?loginToken=a',
  pid: 1,
}

async function startApp(): Promise<void> {
  vi.resetModules()
  await import('./main.ts')
}

beforeEach(() => {
  Object.assign(electron, { hasLock: true, children: [], windows: [], schemes: [], quits: 0, errors: [] })
  electron.listeners.clear()
  electron.handlers.clear()
})

test('the window opens when the node is ready, sandboxed, on the app scheme', async () => {
  await startApp()
  await vi.waitFor(() => expect(electron.children).toHaveLength(1))
  expect(electron.windows).toHaveLength(0)
  expect(electron.listeners.has('sandboxed')).toBe(true)
  expect(electron.schemes).toMatchObject([
    { scheme: 'hearth-app', privileges: { standard: true, secure: true } },
  ])
  electron.children[0]?.emit('message', ready)
  expect(electron.windows).toMatchObject([
    {
      url: 'hearth-app://app/index.html',
      options: { webPreferences: { sandbox: true, contextIsolation: true } },
    },
  ])
})

test('a second instance hands its link to the first, and only links of ours', async () => {
  await startApp()
  await vi.waitFor(() => expect(electron.children).toHaveLength(1))
  electron.children[0]?.emit('message', ready)
  electron.listeners.get('second-instance')?.({}, ['electron', '.', 'file:///etc/passwd'])
  electron.listeners.get('second-instance')?.({}, ['electron', '.', 'matrix:u/mia:example.org'])
  expect(electron.windows[0]?.sent).toEqual([['hearth:deep-link', 'matrix:u/mia:example.org']])
})

test('without the lock the app only quits', async () => {
  electron.hasLock = false
  await startApp()
  expect(electron.quits).toBe(1)
  expect(electron.children).toHaveLength(0)
})

test('resume is told to the node; a node that cannot start is told to the person', async () => {
  await startApp()
  await vi.waitFor(() => expect(electron.listeners.has('power resume')).toBe(true))
  electron.listeners.get('power resume')?.()
  expect(electron.children[0]?.sent).toEqual([{ event: 'resume' }])
  electron.children[0]?.emit('message', { event: 'failed', message: 'Port 8448 is already in use.' })
  expect(electron.errors).toEqual(['Port 8448 is already in use.'])
  expect(electron.quits).toBe(1)
})

test('quitting waits until the node has stopped', async () => {
  await startApp()
  await vi.waitFor(() => expect(electron.children).toHaveLength(1))
  let prevented = false
  electron.listeners.get('before-quit')?.({ preventDefault: () => (prevented = true) })
  expect(prevented).toBe(true)
  expect(electron.children[0]?.sent).toEqual([{ event: 'stop' }])
  expect(electron.quits).toBe(0)
  electron.children[0]?.emit('exit', 0)
  await vi.waitFor(() => expect(electron.quits).toBe(1))
})
