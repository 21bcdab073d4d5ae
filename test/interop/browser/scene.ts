import { mkdirSync } from 'node:fs'
import type { Browser } from 'playwright'
import { findBrowser, launchBrowser, Person } from '../../e2e/browser.ts'
import { recordNotifications } from '../../e2e/conversation.ts'
import { MatrixHttp } from '../../harness/process/matrix-http.ts'
import { MatrixUser } from '../../harness/process/matrix-user.ts'
import type { ClientEvent } from '../../harness/process/sync-view.ts'
import { startTriple, type Triple } from '../../harness/process/triple.ts'

const SHOTS = 'test-results'
/** Tones instead of a microphone, and no question whether it may be used. */
const FAKE_MICROPHONE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']

/**
 * Alice and Bob in front of browsers at two nodes, and Sylvia with a client of her own on a Synapse. They
 * are together in two rooms that Alice made, Garden and Shed; Sylvia is a moderator of both.
 */
export class Scene {
  readonly triple: Triple
  readonly alice: Person
  readonly bob: Person
  readonly sylvia: MatrixUser
  /** Garden. */
  room = ''
  /** Shed, where Alice goes to look away from Garden. */
  otherRoom = ''
  aliceId = ''
  private readonly browser: Browser

  private constructor(triple: Triple, browser: Browser, people: [Person, Person], sylvia: MatrixUser) {
    this.triple = triple
    this.browser = browser
    const [alice, bob] = people
    this.alice = alice
    this.bob = bob
    this.sylvia = sylvia
  }

  static async open(): Promise<Scene> {
    const executable = findBrowser()
    if (executable === undefined) throw new Error('No Chromium is found; set HEARTH_CHROMIUM to its path')
    const triple = await startTriple()
    const browser = await launchBrowser(executable, FAKE_MICROPHONE)
    const alice = await Person.create(browser, 'Alice')
    const bob = await Person.create(browser, 'Bob')
    const sylvia = await MatrixUser.register(triple.synapse, 'sylvia')
    await sylvia.startSync({ threads: true, presence: true })
    const scene = new Scene(triple, browser, [alice, bob], sylvia)
    await scene.gather()
    return scene
  }

  private async gather(): Promise<void> {
    const { alice, bob, triple } = this
    await recordNotifications(alice)
    await Promise.all([alice.firstRun(triple.alice), bob.firstRun(triple.bob)])
    const mine = await sessionOf(alice)
    const bobs = await sessionOf(bob)
    this.aliceId = mine.userId
    this.otherRoom = await this.makeRoom('Shed', bobs.userId)
    this.room = await this.makeRoom('Garden', bobs.userId)
    // The app has no place for roles yet.
    for (const room of [this.room, this.otherRoom]) {
      const owner = new MatrixUser(new MatrixHttp(triple.alice.clientUrl), mine.userId, mine.accessToken)
      const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/state/m.room.power_levels/`
      const levels = await owner.call('GET', path)
      const users = { ...(levels['users'] as object), [this.sylvia.userId]: 50 }
      await owner.setState(room, 'm.room.power_levels', { ...levels, users })
      await owner.close()
    }
  }

  private async makeRoom(name: string, bobId: string): Promise<string> {
    const { alice, bob, sylvia } = this
    await alice.createRoom(name)
    const room = decodeURIComponent(new URL(alice.page.url()).hash.split('/')[2] ?? '')
    for (const id of [bobId, sylvia.userId]) {
      await alice.page.getByRole('button', { name: 'Invite people' }).first().click()
      const dialog = alice.page.getByRole('dialog', { name: `Invite people to ${name}` })
      await dialog.getByLabel('Name or Matrix id').fill(id)
      await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
      await dialog.waitFor({ state: 'detached' })
    }
    await bob.answerInvitation(name, 'Accept')
    await sylvia.waitFor('the invite', () => sylvia.room(room).membership === 'invite')
    await sylvia.join(room)
    await sylvia.waitFor('the room', () => sylvia.room(room).membership === 'join')
    await bob.page.getByRole('heading', { name, level: 1 }).waitFor()
    await alice.timeline.getByText('sylvia accepted the invitation').waitFor()
    return room
  }

  /** What Sylvia was shown in Garden that fits; the newest, if there are several. */
  readonly arrives = async (
    what: string,
    fits: (event: ClientEvent) => boolean,
    room = this.room,
  ): Promise<ClientEvent> => {
    const find = (): ClientEvent | undefined => this.sylvia.room(room).timeline.findLast(fits)
    await this.sylvia.waitFor(what, () => find() !== undefined, 30_000)
    const event = find()
    if (event === undefined) throw new Error(`${what} is gone again`)
    return event
  }

  /** Alice's message as it came to Sylvia. */
  readonly arrivesText = async (body: string, room = this.room): Promise<ClientEvent> => {
    return await this.arrives(
      `"${body}"`,
      (event) => event.sender === this.aliceId && event.content['body'] === body,
      room,
    )
  }

  /** Sylvia says it in Garden, and both others see it; its id. */
  readonly sylviaSays = async (body: string, more: object = {}): Promise<string> => {
    const id = await this.sylvia.sendEvent(this.room, 'm.room.message', { msgtype: 'm.text', body, ...more })
    await Promise.all([this.alice.sees(body), this.bob.sees(body)])
    return id
  }

  /** Alice types it in Garden, and both others have it; its event. */
  readonly aliceSays = async (body: string): Promise<ClientEvent> => {
    await this.alice.say(body)
    await this.bob.sees(body)
    return await this.arrivesText(body)
  }

  async picture(name: string): Promise<void> {
    mkdirSync(SHOTS, { recursive: true })
    for (const person of [this.alice, this.bob])
      await person.page.screenshot({ path: `${SHOTS}/${name.replaceAll(/\W+/gu, '-')}-${person.name}.png` })
  }

  async close(): Promise<void> {
    await this.alice.close()
    await this.bob.close()
    await this.browser.close()
    await this.sylvia.close()
    await this.triple.stop()
  }
}

async function sessionOf(person: Person): Promise<{ userId: string; accessToken: string }> {
  return await person.page.evaluate(
    () =>
      JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as { userId: string; accessToken: string },
  )
}
