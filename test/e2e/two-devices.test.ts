import { mkdirSync } from 'node:fs'
import type { Browser, Locator } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { HearthProcess } from '../harness/process/hearth.ts'
import { findBrowser, launchBrowser, Person } from './browser.ts'
import { chooseByMouse as choose, message, press } from './conversation.ts'
import { startTwo } from './start-two.ts'

const executable = findBrowser()
const SHOTS = 'test-results'

const row = (person: Person, name: RegExp): Locator => person.list('Rooms').getByRole('link', { name })

const goHome = async (person: Person): Promise<void> => {
  await person.page.evaluate(() => {
    window.location.hash = '#/'
  })
}

/** The words of the message that the line of what is new stands above. */
async function lineAbove(person: Person): Promise<string> {
  const line = person.timeline.getByText('New', { exact: true })
  await line.waitFor()
  const below = line.locator('xpath=following::*[@role="article" or self::article][1]')
  return await below.innerText()
}

/** What a page told of, and took back, instead of the system. */
async function recordNotifications(person: Person): Promise<void> {
  await person.page.evaluate(() => {
    const told: string[] = []
    class Recorded extends EventTarget {
      static permission = 'granted'
      constructor(_title: string, options: { body?: string }) {
        super()
        told.push(options.body ?? '')
      }
      close(): void {
        told.push('closed')
        this.dispatchEvent(new Event('close'))
      }
    }
    Object.assign(window, { Notification: Recorded, told })
  })
}

const told = async (person: Person): Promise<string[]> =>
  await person.page.evaluate(() => [...(Reflect.get(window, 'told') as string[])])

/** By the keyboard: a menu beside a menu closes under a pointer that takes a short cut. */
async function notify(person: Person, level: string): Promise<void> {
  await person.page.getByRole('button', { name: 'More', exact: true }).click()
  await person.page.getByRole('menuitem', { name: 'Notifications' }).press('ArrowRight')
  await person.page.getByRole('menuitemcheckbox', { name: level }).press('Enter')
}

const badge = (person: Person) => expect.poll(async () => await person.page.title())

describe.skipIf(executable === undefined)('two devices of one person', { timeout: 60_000 }, () => {
  let browser: Browser
  let nodes: [HearthProcess, HearthProcess]
  let alice: Person
  /** Bob at two devices. */
  let desk: Person
  let couch: Person

  beforeAll(async () => {
    nodes = await startTwo()
    browser = await launchBrowser(executable ?? '')
    alice = await Person.create(browser, 'Alice')
    desk = await Person.create(browser, 'Bob')
    await alice.firstRun(nodes[0])
    await desk.firstRun(nodes[1])
    const known = new RegExp(`Bob|${nodes[1].serverName.slice(0, 8)}`)
    await alice.list('Nearby').getByRole('button', { name: known }).waitFor()
    await alice.createRoom('Attic')
    await alice.invite(known)
    await desk.answerInvitation('Attic', 'Accept')
    await desk.page.getByRole('heading', { name: 'Attic', level: 1 }).waitFor()
    couch = await desk.atAnotherDevice(browser, nodes[1])
    await couch.open('Rooms', 'Attic')
  }, 120_000)

  afterEach(async ({ task }) => {
    const people = { alice, desk, couch }
    if (task.result?.state === 'fail') {
      mkdirSync(SHOTS, { recursive: true })
      for (const [name, person] of Object.entries(people)) {
        await person?.page.screenshot({ path: `${SHOTS}/${task.name.replace(/\W+/g, '-')}-${name}.png` })
      }
    }
    expect(Object.values(people).flatMap((person) => person.faults)).toEqual([])
  })

  afterAll(async () => {
    for (const person of [alice, desk, couch]) await person?.close()
    await browser?.close()
    await Promise.all((nodes ?? []).map(async (node) => await node.stop()))
  }, 30_000)

  test('what one device sends, changes and deletes is seen once on the other', async () => {
    await desk.say('from the desk')
    await couch.sees('from the desk')
    await couch.say('from the couch')
    await desk.sees('from the couch')
    for (const device of [desk, couch]) {
      expect(await device.timeline.getByText('from the desk', { exact: true }).count()).toBe(1)
      expect(await device.timeline.getByText('from the couch', { exact: true }).count()).toBe(1)
    }
    await press(couch, 'from the desk', 'Edit')
    await couch.composer.fill('from the other desk')
    await couch.composer.press('Enter')
    await message(desk, 'from the other desk').getByRole('button', { name: '(edited)' }).waitFor()
    await press(desk, 'from the couch', 'React with 👍')
    await message(couch, 'from the couch')
      .getByRole('button', { name: /^👍, 1: You/ })
      .click()
    await message(desk, 'from the couch').getByRole('button', { name: /^👍/ }).waitFor({ state: 'detached' })
    await choose(desk, 'from the couch', 'Delete')
    await desk.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    for (const device of [desk, couch]) {
      await device.timeline.getByText('from the couch').waitFor({ state: 'detached' })
    }
  })

  test('what is read on one device is read on the other, in the room and in a thread', async () => {
    await goHome(desk)
    await goHome(couch)
    await alice.say('one for Bob')
    await alice.say('two for Bob')
    for (const device of [desk, couch]) {
      await row(device, /Attic.*2 unread/).waitFor()
      await badge(device).toBe('(2) Hearth')
    }
    await desk.open('Rooms', 'Attic')
    await desk.timeline.getByText('New', { exact: true }).waitFor()
    for (const device of [desk, couch]) {
      await row(device, /Attic.*unread/).waitFor({ state: 'detached' })
      await badge(device).toBe('Hearth')
    }
    await choose(alice, 'one for Bob', 'Reply in thread')
    const field = alice.page.getByRole('textbox', { name: 'Message in thread' })
    await field.fill('a whisper')
    await field.press('Enter')
    await couch.open('Rooms', 'Attic')
    for (const device of [desk, couch]) {
      await message(device, 'one for Bob')
        .getByRole('button', { name: /1 reply.*1 new reply/ })
        .waitFor()
      await badge(device).toBe('(1) Hearth')
    }
    await message(couch, 'one for Bob')
      .getByRole('button', { name: /1 reply/ })
      .click()
    for (const device of [desk, couch]) {
      await message(device, 'one for Bob').getByText('1 new reply').waitFor({ state: 'detached' })
      await badge(device).toBe('Hearth')
    }
    for (const person of [alice, couch]) {
      await person.page.getByRole('button', { name: /^Close thread/ }).click()
    }
  })

  test('marked unread and muted: on both; a draft stays where it was written', async () => {
    await alice.say('early news')
    await alice.say('late news')
    await desk.sees('late news')
    await desk.composer.fill('only on the desk')
    await goHome(couch)
    await choose(desk, 'late news', 'Mark unread from here')
    for (const device of [desk, couch]) await row(device, /Attic.*Marked unread/).waitFor()
    expect(await lineAbove(desk)).toContain('late news')
    await goHome(desk)
    await row(desk, /Draft: only on the desk/).waitFor()
    await couch.open('Rooms', 'Attic')
    expect(await lineAbove(couch)).toContain('late news')
    for (const device of [desk, couch]) {
      await row(device, /Marked unread/).waitFor({ state: 'detached' })
    }
    expect(await couch.composer.inputValue()).toBe('')
    await notify(couch, 'Nothing')
    await row(desk, /Notifications are off/).waitFor()
    await notify(couch, 'As usual')
    await row(desk, /Notifications are off/).waitFor({ state: 'detached' })
  })

  test('who reads at one device is not told there, and at the other once, until it is read', async () => {
    await desk.open('Rooms', 'Attic')
    await goHome(couch)
    await recordNotifications(desk)
    await recordNotifications(couch)
    await alice.say('Dinner!')
    await desk.sees('Dinner!')
    await expect.poll(async () => await told(couch)).toEqual(['Dinner!', 'closed'])
    expect(await told(desk)).toEqual([])
  })

  test('an unread message that is deleted counts no more, also after a restart of the node', async () => {
    await goHome(desk)
    await goHome(couch)
    await alice.say('regretted')
    await alice.say('meant')
    for (const device of [desk, couch]) await row(device, /Attic.*2 unread/).waitFor()
    await choose(alice, 'regretted', 'Delete')
    await alice.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    for (const device of [desk, couch]) await row(device, /Attic.*\b1 unread/).waitFor()
    await nodes[1].kill()
    await nodes[1].start()
    await couch.page.goto('about:blank')
    await couch.page.goto(`${nodes[1].clientUrl}/#/`)
    await alice.say('after the restart')
    for (const device of [desk, couch]) {
      await row(device, /Attic.*\b2 unread/).waitFor({ timeout: 30_000 })
    }
    await couch.open('Rooms', 'Attic')
    await couch.timeline.getByText('New', { exact: true }).waitFor()
    for (const device of [desk, couch]) await row(device, /unread/).waitFor({ state: 'detached' })
  })

  test('what is read in private on one device is read on the other, and nobody else is told', async () => {
    await couch.openSettings('Privacy')
    await couch.page.getByRole('switch', { name: 'Show others what I have read' }).click()
    await couch.page.keyboard.press('Escape')
    await goHome(desk)
    await goHome(couch)
    await alice.say('for your eyes only')
    for (const device of [desk, couch]) await row(device, /Attic.*1 unread/).waitFor()
    await couch.open('Rooms', 'Attic')
    for (const device of [desk, couch]) await row(device, /unread/).waitFor({ state: 'detached' })
    await couch.say('I have it')
    await alice.sees('I have it')
    expect(
      await message(alice, 'for your eyes only')
        .getByRole('button', { name: /^Read by/ })
        .count(),
    ).toBe(0)
  })

  test('signing out on one device ends it there alone', async () => {
    await couch.page.getByRole('button', { name: 'Settings', exact: true }).click()
    await couch.page.getByRole('button', { name: 'Sign out' }).click()
    const sure = couch.page.getByRole('alertdialog').getByRole('button', { name: 'Sign out' })
    if (await sure.isVisible()) await sure.click()
    await couch.page.getByRole('navigation', { name: 'Conversations' }).waitFor({ state: 'detached' })
    await alice.say('Who is still there?')
    await desk.open('Rooms', 'Attic')
    await desk.sees('Who is still there?')
    await desk.composer.fill('')
    await desk.say('I am')
    await alice.sees('I am')
  })
})
