import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright'
import { loginToken, type HearthProcess } from '../harness/process/hearth.ts'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge']

/** A Chromium: the one `npm test` found, one of the system, or Playwright's own; undefined where there is none. */
export function findBrowser(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const candidates = [
    process.env['HEARTH_CHROMIUM'],
    ...folders.flatMap((folder) => names.map((name) => join(folder, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    chromium.executablePath(),
  ]
  return candidates.find((path) => path !== undefined && path !== '' && existsSync(path))
}

export async function launchBrowser(executablePath: string, args: readonly string[] = []): Promise<Browser> {
  const root = process.getuid?.() === 0
  return await chromium.launch({ executablePath, args: root ? ['--no-sandbox', ...args] : [...args] })
}

/** A person in front of the browser mode of one node. What the page complains of is kept. */
export class Person {
  readonly name: string
  readonly page: Page
  /** Uncaught errors of the page: always a fault. */
  readonly faults: string[] = []
  private readonly context: BrowserContext

  private constructor(name: string, context: BrowserContext, page: Page) {
    this.name = name
    this.context = context
    this.page = page
    page.setDefaultTimeout(15_000)
    page.on('pageerror', (error) => this.faults.push(String(error.stack ?? error)))
  }

  static async create(browser: Browser, name: string): Promise<Person> {
    const context = await browser.newContext()
    return new Person(name, context, await context.newPage())
  }

  /** Opens browser mode by the node's login address, and answers what the first run asks. */
  async firstRun(node: HearthProcess): Promise<void> {
    await this.page.goto(`${node.clientUrl}/#/login?loginToken=${encodeURIComponent(loginToken(node.ready))}`)
    await this.page.getByLabel('Your name').fill(this.name)
    await this.page.getByRole('button', { name: 'Continue' }).click()
    await this.page.getByRole('heading', { name: 'Who is nearby' }).waitFor()
    await this.page.getByRole('button', { name: 'Start using Hearth' }).click()
    await this.page.getByRole('navigation', { name: 'Conversations' }).waitFor()
  }

  /** The same person at another device: a browser that shares nothing with this one. */
  async atAnotherDevice(browser: Browser, node: HearthProcess): Promise<Person> {
    const token = await this.page.evaluate(async () => {
      const session = JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as { accessToken: string }
      const headers = { authorization: `Bearer ${session.accessToken}` }
      const answer = await fetch('/_hearth/v1/login-token', { method: 'POST', headers })
      return ((await answer.json()) as { login_token: string }).login_token
    })
    const other = await Person.create(browser, this.name)
    await other.page.goto(`${node.clientUrl}/#/login?loginToken=${encodeURIComponent(token)}`)
    await other.page.getByRole('navigation', { name: 'Conversations' }).waitFor()
    return other
  }

  list(name: 'Rooms' | 'Direct messages' | 'Nearby' | 'Invitations'): Locator {
    return this.page.getByRole('list', { name, exact: true })
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true })
  }

  get timeline(): Locator {
    return this.page.getByRole('log')
  }

  async open(list: 'Rooms' | 'Direct messages', name: string): Promise<void> {
    await this.list(list).getByRole('link', { name }).click()
    await this.page.getByRole('heading', { name, level: 1 }).waitFor()
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text)
    await this.composer.press('Enter')
    await this.sees(text)
  }

  async sees(text: string): Promise<void> {
    await this.timeline.getByText(text, { exact: true }).waitFor()
  }

  async answerInvitation(to: string, answer: 'Accept' | 'Decline'): Promise<void> {
    const card = this.list('Invitations').getByRole('listitem').filter({ hasText: to })
    await card.getByRole('button', { name: answer }).click()
    await card.waitFor({ state: 'detached' })
  }

  async createRoom(name: string, whoMayJoin: 'private' | 'public' = 'private'): Promise<void> {
    await this.page.getByRole('button', { name: 'Create room' }).first().click()
    const dialog = this.page.getByRole('dialog', { name: 'Create a room' })
    await dialog.getByLabel('Name', { exact: true }).fill(name)
    if (whoMayJoin === 'public') await dialog.getByRole('radio', { name: /^Everyone/ }).check()
    await dialog.getByRole('button', { name: 'Create room' }).click()
    await this.page.getByRole('heading', { name, level: 1 }).waitFor()
  }

  /** The room that is open. */
  get roomId(): string {
    return decodeURIComponent(new URL(this.page.url()).hash.split('/')[2] ?? '')
  }

  /**
   * A request of the app's own person: for what the app has no way to do, and for what the server knows. `path`
   * comes after `/_matrix/client/v3`, where it is not a whole one.
   */
  async call(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: object,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { status, answer } = await this.page.evaluate(
      async ([how, where, json]) => {
        const session = JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as { accessToken: string }
        const headers = { authorization: `Bearer ${session.accessToken}` }
        const init = { method: how, headers, ...(json === undefined ? {} : { body: json }) }
        const response = await fetch(where, init)
        return { status: response.status, answer: (await response.json()) as Record<string, unknown> }
      },
      [
        method,
        path.startsWith('/_') ? path : `/_matrix/client/v3${path}`,
        body === undefined ? undefined : JSON.stringify(body),
      ] as const,
    )
    if (status !== 200) throw new Error(`${method} ${path} was refused with ${status}`)
    return answer
  }

  /** The content of a state event of the room that is open, as the server has it. */
  async state(type: string, key = ''): Promise<Readonly<Record<string, unknown>>> {
    const path = [this.roomId, 'state', type, key].map(encodeURIComponent).join('/')
    return await this.call('GET', `/rooms/${path}`)
  }

  /** Gives the room that is open an alias. */
  async nameRoom(alias: string): Promise<void> {
    await this.call('PUT', `/directory/room/${encodeURIComponent(alias)}`, { room_id: this.roomId })
  }

  /** Types an address into the dialog for joining, and asks to follow it. */
  async join(address: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Join a room' }).first().click()
    const dialog = this.page.getByRole('dialog', { name: 'Join a room' })
    await dialog.getByLabel('Address').fill(address)
    await dialog.getByRole('button', { name: 'Join', exact: true }).click()
  }

  /** Opens a part of the settings. */
  async openSettings(part: string): Promise<Locator> {
    // It says how many reports are new, too.
    await this.page.getByRole('button', { name: /^Settings/ }).click()
    const settings = this.page.getByRole('dialog', { name: 'Settings' })
    await settings.getByRole('tab', { name: part }).click()
    return settings
  }

  /** The link under which the settings say that this node is found. */
  async ownLink(): Promise<string> {
    await this.openSettings('This computer')
    const link = await this.page.getByRole('status', { name: 'Your address' }).innerText()
    await this.page.getByRole('button', { name: 'Close' }).first().click()
    return link
  }

  async addByLink(link: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Add somebody by address' }).click()
    const dialog = this.page.getByRole('dialog', { name: 'Add somebody by address' })
    await dialog.getByLabel('Hearth link or server name').fill(link)
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
  }

  /** Invites a nearby person to the room that is open. */
  async invite(person: RegExp): Promise<void> {
    await this.page.getByRole('button', { name: 'Invite people' }).first().click()
    const dialog = this.page.getByRole('dialog', { name: /^Invite people/ })
    await dialog.getByRole('checkbox', { name: person }).check({ force: true })
    await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
  }

  async leaveRoom(): Promise<void> {
    await this.page.getByRole('button', { name: 'More', exact: true }).click()
    await this.page.getByRole('menuitem', { name: /^Leave/ }).click()
    const dialog = this.page.getByRole('dialog', { name: /^Leave/ })
    await dialog.getByRole('button', { name: 'Leave', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
  }

  async close(): Promise<void> {
    await this.context.close()
  }
}
