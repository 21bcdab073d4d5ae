import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { serveApp } from './app-protocol.ts'
import { isTrustedSender, registerIpc, type IpcActions } from './ipc.ts'
import { deepLinkIn, externalUrl, isDeepLink } from './links.ts'
import { NodeSupervisor, type NodeChild } from './node-supervisor.ts'
import { dotBitmap } from './badge.ts'
import { createNotifications } from './notifications.ts'
import { isPermitted } from './permissions.ts'
import { fitToDisplays, loadWindowState, saveWindowState } from './window-state.ts'

vi.mock('electron', () => ({ BrowserWindow: class {}, screen: {}, shell: {} }))
const { guardNavigation, guardPermissions, webPreferences } = await import('./window.ts')

test('the window is sandboxed and isolated', () => {
  expect(webPreferences('/p')).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webSecurity: true,
    webviewTag: false,
  })
})

test('only web and mail addresses reach the browser', () => {
  expect(externalUrl('https://example.org/a b')).toBe('https://example.org/a%20b')
  expect(externalUrl('mailto:a@b.c')).toBe('mailto:a@b.c')
  for (const bad of [
    'file:///etc/passwd',
    'javascript:alert(1)',
    'hearth-app://app/',
    'smb://x/y',
    'nonsense',
    7,
    `https://${'a'.repeat(9000)}`,
  ]) {
    expect(externalUrl(bad)).toBeUndefined()
  }
})

test('deep links are found among arguments, and hostile ones are not', () => {
  expect(deepLinkIn(['--x', 'matrix:u/a:b.c'])).toBe('matrix:u/a:b.c')
  expect(isDeepLink('hearth://invite/abc')).toBe(true)
  expect(isDeepLink('hearth:a b')).toBe(false)
  expect(isDeepLink('hearth:a\u0000b')).toBe(false)
  expect(isDeepLink(`hearth:${'a'.repeat(5000)}`)).toBe(false)
  expect(deepLinkIn(['https://x'])).toBeUndefined()
})

test('permissions are denied unless listed, and to every other origin', () => {
  expect(isPermitted('notifications', 'hearth-app://app', 'hearth-app://app')).toBe(true)
  for (const media of [['audio'], ['video']]) {
    expect(isPermitted('media', 'hearth-app://app/', 'hearth-app://app', media)).toBe(true)
    expect(isPermitted('media', 'https://evil', 'hearth-app://app', media)).toBe(false)
  }
  for (const media of [['audio', 'video'], ['unknown'], []]) {
    expect(isPermitted('media', 'hearth-app://app/', 'hearth-app://app', media)).toBe(false)
  }
  expect(isPermitted('notifications', 'https://evil', 'hearth-app://app')).toBe(false)
  expect(isPermitted('geolocation', 'hearth-app://app', 'hearth-app://app')).toBe(false)
  const handlers: { request?: Function | undefined; check?: Function | undefined } = {}
  guardPermissions({
    setPermissionRequestHandler: (handler) => void (handlers.request = handler ?? undefined),
    setPermissionCheckHandler: (handler) => void (handlers.check = handler ?? undefined),
  })
  const answer = vi.fn()
  handlers.request?.({}, 'notifications', answer, { requestingUrl: 'hearth-app://app/index.html' })
  handlers.request?.({}, 'notifications', answer, { requestingUrl: 'https://evil/' })
  const requestingUrl = 'hearth-app://app/index.html'
  handlers.request?.({}, 'media', answer, { requestingUrl, mediaTypes: ['audio'] })
  handlers.request?.({}, 'media', answer, { requestingUrl, mediaTypes: ['audio', 'video'] })
  expect(answer.mock.calls).toEqual([[true], [false], [true], [false]])
  expect(handlers.check?.({}, 'midi', 'hearth-app://app', {})).toBe(false)
  expect(handlers.check?.({}, 'media', 'hearth-app://app', { mediaType: 'audio' })).toBe(true)
  expect(handlers.check?.({}, 'media', 'hearth-app://app', { mediaType: 'video' })).toBe(true)
  expect(handlers.check?.({}, 'media', 'hearth-app://app', { mediaType: 'unknown' })).toBe(false)
})

test('navigation away and new windows are stopped', () => {
  const listeners = new Map<string, (event: { preventDefault(): void; url: string }) => void>()
  let openHandler: ((details: { url: string }) => { action: string }) | undefined
  const opened: string[] = []
  guardNavigation(
    {
      on: ((name: string, listener: never) => void listeners.set(name, listener)) as never,
      setWindowOpenHandler: ((handler: typeof openHandler) => (openHandler = handler)) as never,
    },
    (url) => opened.push(url),
  )
  const prevented = (name: string, url: string): boolean => {
    let stopped = false
    listeners.get(name)?.({ url, preventDefault: () => (stopped = true) })
    return stopped
  }
  expect(prevented('will-navigate', 'https://evil/')).toBe(true)
  expect(prevented('will-navigate', 'hearth-app://app.evil/')).toBe(true)
  expect(prevented('will-redirect', 'https://evil/')).toBe(true)
  expect(prevented('will-navigate', 'hearth-app://app/index.html#/room')).toBe(false)
  expect(openHandler?.({ url: 'https://example.org/' })).toEqual({ action: 'deny' })
  expect(openHandler?.({ url: 'file:///etc/passwd' })).toEqual({ action: 'deny' })
  expect(opened).toEqual(['https://example.org/'])
})

test('IPC answers only the top frame of our own page, and only what is well formed', async () => {
  const handles = new Map<string, (event: unknown) => unknown>()
  const ons = new Map<string, (event: unknown, value: unknown) => void>()
  const done: unknown[] = []
  const actions: IpcActions = {
    session: () => Promise.resolve({ clientUrl: 'http://127.0.0.1:1', loginToken: 't' }),
    notify: (n) => done.push(n),
    dismiss: (id) => done.push(id),
    setBadge: (n) => done.push(n),
    openExternal: (u) => done.push(u),
    log: () => undefined,
  }
  registerIpc(
    {
      handle: ((channel: string, fn: never) => void handles.set(channel, fn)) as never,
      on: ((channel: string, fn: never) => void ons.set(channel, fn)) as never,
    },
    actions,
  )
  const ours = { senderFrame: { parent: null, url: 'hearth-app://app/index.html' } }
  const framed = { senderFrame: { parent: {}, url: 'hearth-app://app/index.html' } }
  const foreign = { senderFrame: { parent: null, url: 'https://evil/' } }
  expect(isTrustedSender({ senderFrame: null })).toBe(false)
  await expect(handles.get('hearth:session')?.(ours)).resolves.toMatchObject({ loginToken: 't' })
  await expect(handles.get('hearth:session')?.(framed)).rejects.toThrow('refused')
  await expect(handles.get('hearth:session')?.(foreign)).rejects.toThrow('refused')
  ons.get('hearth:badge')?.(ours, 3)
  ons.get('hearth:badge')?.(ours, -1)
  ons.get('hearth:badge')?.(foreign, 4)
  ons.get('hearth:open-external')?.(ours, 'file:///etc/passwd')
  ons.get('hearth:notify')?.(ours, { title: 1 })
  const told = { title: 'a', body: 'b', roomId: '!r:x', eventId: '$e', silent: false, canReply: true }
  ons.get('hearth:notify')?.(ours, { ...told, title: 'a'.repeat(300) })
  ons.get('hearth:notify')?.(ours, told)
  ons.get('hearth:dismiss')?.(ours, '!r:x')
  ons.get('hearth:dismiss')?.(ours, ['!r:x'])
  expect(done).toEqual([3, told, '!r:x'])
})

test('the dot on the task bar is round, opaque in the middle and clear at the corners', () => {
  const dot = dotBitmap(16)
  expect(dot).toHaveLength(16 * 16 * 4)
  expect(dot[3]).toBe(0)
  expect(dot[(8 * 16 + 8) * 4 + 3]).toBe(255)
})

test('a notification is shown once, opens its message, takes an answer, and goes when its room is looked at', () => {
  const made: {
    options: { hasReply: boolean }
    emit: (name: string, value?: unknown) => void
    closed: boolean
  }[] = []
  const happened: unknown[] = []
  const notifications = createNotifications({
    create: (options) => {
      const listeners = new Map<string, (value: never) => void>()
      const entry = {
        options,
        closed: false,
        emit: (name: string, value?: unknown) => listeners.get(name)?.(value as never),
      }
      made.push(entry)
      return {
        on: (name: string, listener: (value: never) => void) => void listeners.set(name, listener),
        show: () => undefined,
        close: () => void (entry.closed = true),
      }
    },
    onClick: (click) => happened.push(click),
    onReply: (reply) => happened.push(reply),
  })
  const about = (eventId: string, roomId = '!a:x') => ({
    title: 't',
    body: 'b',
    roomId,
    eventId,
    silent: false,
    canReply: true,
  })
  notifications.notify(about('$1'))
  notifications.notify(about('$1'))
  expect(made).toHaveLength(1)
  expect(made[0]?.options.hasReply).toBe(true)
  made[0]?.emit('click')
  notifications.notify(about('$2'))
  made[1]?.emit('reply', { reply: 'x'.repeat(20_000) })
  notifications.notify(about('$3'))
  made[2]?.emit('reply', { reply: '  ' })
  expect(happened).toEqual([
    { roomId: '!a:x', eventId: '$1' },
    { roomId: '!a:x', eventId: '$2', text: 'x'.repeat(10_000) },
  ])
  notifications.notify(about('$4'))
  notifications.notify(about('$5', '!b:x'))
  notifications.dismiss('!a:x')
  expect(made.map((each) => each.closed)).toEqual([false, false, false, true, false])
  for (let n = 0; n < 40; n++) notifications.notify(about(`$n${n}`))
  expect(made.filter((each) => each.closed).length).toBeGreaterThan(10)
})

test('the app scheme serves the bundle and nothing else', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'hearth-app-'))
  mkdirSync(join(dir, 'bundle'))
  writeFileSync(join(dir, 'bundle', 'index.html'), '<!doctype html>')
  writeFileSync(join(dir, 'secret.json'), '{}')
  const get = (url: string): Promise<Response> => serveApp(url, join(dir, 'bundle'), 'http://127.0.0.1:8008')
  const page = await get('hearth-app://app/index.html')
  expect(page.status).toBe(200)
  expect(page.headers.get('content-security-policy')).toContain("connect-src 'self' http://127.0.0.1:8008;")
  const policy = page.headers.get('content-security-policy')
  expect(policy).toContain("img-src 'self' http://127.0.0.1:8008 blob: data:;")
  expect(policy).toContain("media-src 'self' http://127.0.0.1:8008 blob:;")
  expect(policy).not.toContain("'unsafe-eval'")
  for (const url of [
    'hearth-app://app/..%2fsecret.json',
    'hearth-app://app/%2e%2e/secret.json',
    'hearth-app://other/index.html',
    'hearth-app://app/none.js',
  ]) {
    expect((await get(url)).status).toBe(404)
  }
})

test('the window comes back where it was, if that place still exists', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'hearth-window-')), 'window.json')
  const state = { x: 2000, y: 10, width: 900, height: 700, maximized: false }
  saveWindowState(file, state)
  expect(loadWindowState(file)).toEqual(state)
  const laptop = { x: 0, y: 0, width: 800, height: 600 }
  expect(fitToDisplays(state, [laptop, { x: 1920, y: 0, width: 1920, height: 1080 }])).toEqual(state)
  expect(fitToDisplays(state, [laptop])).toEqual({ width: 800, height: 600, maximized: false })
  writeFileSync(file, '{broken')
  expect(loadWindowState(file)).toMatchObject({ width: 1180 })
})

test('a crashed node is started again with back-off; a stopped one is not', async () => {
  const children: { exit(code: number): void; message(m: unknown): void; sent: unknown[] }[] = []
  const timers: { fn: () => void; ms: number }[] = []
  let now = 0
  const ready: string[] = []
  const supervisor = new NodeSupervisor({
    fork: (): NodeChild => {
      const listeners: Record<string, (value: never) => void> = {}
      const sent: unknown[] = []
      children.push({
        exit: (code) => listeners['exit']?.(code as never),
        message: (m) => listeners['message']?.(m as never),
        sent,
      })
      return {
        postMessage: (m) => void sent.push(m),
        on: (name: string, listener: (value: never) => void) => (listeners[name] = listener),
        kill: () => true,
      }
    },
    setTimeout: (fn, ms) => {
      timers.push({ fn, ms })
      return () => undefined
    },
    now: () => now,
    log: () => undefined,
    onReady: (r) => ready.push(r.client_url),
    onFailed: () => undefined,
  })
  const readyMessage = {
    event: 'ready',
    server_name: 's',
    client_url: 'http://127.0.0.1:1',
    federation_url: 'https://x',
    login_url: 'http://127.0.0.1:1/#/login?loginToken=a',
    pid: 1,
  }
  supervisor.start()
  children[0]?.message({ event: 'nonsense' })
  children[0]?.message(readyMessage)
  expect(ready).toEqual(['http://127.0.0.1:1'])
  const token = supervisor.loginToken()
  await vi.waitFor(() => expect(children[0]?.sent).toHaveLength(1))
  children[0]?.message({ event: 'login-token', id: 1, token: 'tok' })
  expect(await token).toBe('tok')

  children[0]?.exit(139)
  expect(timers.at(-1)?.ms).toBe(250)
  timers.at(-1)?.fn()
  children[1]?.exit(1)
  expect(timers.at(-1)?.ms).toBe(500)
  timers.at(-1)?.fn()
  now = 100_000
  children[2]?.exit(1)
  expect(timers.at(-1)?.ms).toBe(250)
  timers.at(-1)?.fn()

  const stopped = supervisor.stop()
  expect(children[3]?.sent).toEqual([{ event: 'stop' }])
  children[3]?.exit(0)
  await stopped
  expect(children).toHaveLength(4)
})
