import { mkdirSync } from 'node:fs'
import type { Browser, Locator } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { findBrowser, launchBrowser, Person } from '../e2e/browser.ts'
import { download, upload } from '../harness/process/media.ts'
import { MatrixHttp } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { until } from '../harness/process/wait.ts'
import { guestFromSynapse, startTriple, type Triple } from '../harness/process/triple.ts'
import { makePng } from './features/png.ts'

/* What people do in the app's window, with somebody on a Synapse in the room: what each does, the other sees. */
const executable = findBrowser()
const text = (body: string, more: object = {}) => ({ msgtype: 'm.text', body, ...more })

describe.skipIf(executable === undefined)('the app, with somebody on Synapse in the room', () => {
  let triple: Triple
  let browser: Browser
  let alice: Person
  let sylvia: MatrixUser
  let room: string

  beforeAll(async () => {
    triple = await startTriple()
    browser = await launchBrowser(executable ?? '')
    alice = await Person.create(browser, 'Alice')
    await alice.firstRun(triple.alice)
    const owner = await ownerOf(alice, triple)
    ;({ room, guest: sylvia } = await guestFromSynapse(triple, owner))
    await owner.http.close()
    await alice.open('Rooms', 'With Synapse')
  })

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') {
      mkdirSync('test-results', { recursive: true })
      await alice.page.screenshot({ path: `test-results/synapse-${task.name.replace(/\W+/g, '-')}.png` })
    }
    expect(alice.faults).toEqual([])
  })

  afterAll(async () => {
    await alice?.close()
    await browser?.close()
    await sylvia?.close()
    await triple?.stop()
  })

  const message = (words: string): Locator =>
    alice.timeline.getByRole('article').filter({ hasText: words }).last()
  const button = async (words: string, name: string): Promise<void> => {
    await message(words).hover()
    await message(words).getByRole('button', { name, exact: true }).click()
  }
  const choose = async (words: string, item: string): Promise<void> => {
    await button(words, 'More about this message')
    await alice.page.getByRole('menuitem', { name: item }).click()
  }
  /** What the app sent, as Synapse shows it to Sylvia. */
  const received = async (body: string) => {
    const find = () => sylvia.room(room).timeline.find((event) => event.content['body'] === body)
    await sylvia.waitFor(`"${body}" from the app`, () => find() !== undefined)
    const event = find()
    if (event === undefined) throw new Error(`"${body}" is gone`)
    return event
  }
  const says = async (content: object, type = 'm.room.message') => await sylvia.sendEvent(room, type, content)

  test('messages are read on both sides', async () => {
    await alice.say('Hello over there')
    await received('Hello over there')
    await says(text('Hello from Synapse'))
    await alice.sees('Hello from Synapse')
  })

  test('an edit shows its new words, and a reply what it answers', async () => {
    const id = await says(text('See you at sevn'))
    await alice.sees('See you at sevn')
    await says(
      text('* See you at seven', {
        'm.new_content': text('See you at seven'),
        'm.relates_to': { rel_type: 'm.replace', event_id: id },
      }),
    )
    await message('See you at seven').getByText('(edited)').waitFor()
    await button('See you at seven', 'Reply')
    await alice.composer.fill('I will be there')
    await alice.composer.press('Enter')
    const answer = await received('I will be there')
    expect(answer.content['m.relates_to']).toMatchObject({ 'm.in_reply_to': { event_id: id } })
    await says(text('Good', { 'm.relates_to': { 'm.in_reply_to': { event_id: answer.event_id } } }))
    await message('Good')
      .getByRole('button', { name: /In answer to .*: I will be there/ })
      .waitFor()
  })

  test('reactions of both are counted together', async () => {
    const id = await says(text('Cake?'))
    await alice.sees('Cake?')
    await button('Cake?', 'React with 👍')
    await sylvia.waitFor('the reaction', () =>
      sylvia.room(room).timeline.some((event) => event.type === 'm.reaction'),
    )
    await says({ 'm.relates_to': { rel_type: 'm.annotation', event_id: id, key: '👍' } }, 'm.reaction')
    await message('Cake?')
      .getByRole('button', { name: /^👍, 2/ })
      .waitFor()
  })

  test('what either deletes is gone for the other', async () => {
    await alice.say('a slip of the app')
    const { event_id: own } = await received('a slip of the app')
    await choose('a slip of the app', 'Delete')
    await alice.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await until(
      'the content is gone from Synapse',
      async () => Object.keys((await sylvia.event(room, own)).content).length === 0,
    )
    const theirs = await says(text('a slip of Sylvia'))
    await alice.sees('a slip of Sylvia')
    await sylvia.redact(room, theirs)
    await alice.timeline.getByText('a slip of Sylvia').waitFor({ state: 'detached' })
  })

  test('a thread is talked in from both sides', async () => {
    const id = await says(text('About the garden'))
    await alice.sees('About the garden')
    await choose('About the garden', 'Reply in thread')
    const panel = alice.page.getByRole('complementary', { name: 'Thread' })
    const field = panel.getByRole('textbox', { name: 'Message in thread' })
    await field.fill('Roses first')
    await field.press('Enter')
    const reply = await received('Roses first')
    expect(reply.content['m.relates_to']).toMatchObject({ rel_type: 'm.thread', event_id: id })
    await says(
      text('Then tulips', {
        'm.relates_to': { rel_type: 'm.thread', event_id: id, is_falling_back: true },
      }),
    )
    await panel.getByRole('log').getByText('Then tulips').waitFor()
    await alice.page.getByRole('button', { name: /^Close thread/ }).click()
  })

  test('a picture of the other server is shown', async () => {
    const bytes = makePng(320, 200)
    const url = await upload(sylvia, bytes, 'image/png', 'garden.png')
    const info = { mimetype: 'image/png', size: bytes.length, w: 320, h: 200 }
    await says({ msgtype: 'm.image', body: 'garden.png', filename: 'garden.png', url, info })
    const picture = alice.timeline.getByRole('img', { name: /garden\.png/ }).last()
    await picture.waitFor()
    await until('the picture is drawn', async () =>
      picture.evaluate((node) => node instanceof HTMLImageElement && node.naturalWidth > 0),
    )
  })

  test('a file that is chosen in the app is read on the other server', async () => {
    const file = { name: 'plan.txt', mimeType: 'text/plain', buffer: Buffer.from('dig, plant, water') }
    await alice.page.getByLabel('Files to attach').setInputFiles([file])
    await alice.page.getByRole('button', { name: /^Send/ }).last().click()
    const sent = await received('plan.txt')
    const read = await download(sylvia, String(sent.content['url']))
    expect(read.body.toString('utf8')).toBe('dig, plant, water')
  })
})

/** The account whose window is open, by the session of the page. */
async function ownerOf(person: Person, { alice }: Triple): Promise<MatrixUser> {
  const session = await person.page.evaluate(
    () =>
      JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as { accessToken: string; userId: string },
  )
  return new MatrixUser(new MatrixHttp(alice.clientUrl), session.userId, session.accessToken)
}
