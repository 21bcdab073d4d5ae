/** Why did my message not arrive? Found out within the app, by following only what the screen offers. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Locator } from 'playwright'
import { findBrowser, type Person } from './browser.ts'
import { chooseByMouse, message } from './conversation.ts'
import { meetInRoom, usePeople } from './people.ts'

describe.skipIf(findBrowser() === undefined)('the path of a message', () => {
  const people = usePeople()
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    await meetInRoom(people(), 'Workshop')
    ;({ alice, bob } = people())
  }, 90_000)

  afterEach(() => {
    expect(alice.faults).toEqual([])
  })

  /** The part of the page about the way to Bob's computer. */
  const card = (): Locator => alice.page.getByRole('group', { name: /Bob/ })

  async function backToTheConversation(text: string): Promise<void> {
    await alice.page.getByRole('link', { name: 'In the conversation' }).click()
    await message(alice, text).waitFor()
  }

  test('one that arrived is followed to the person who read it', { timeout: 60_000 }, async () => {
    await alice.say('The saw is sharp again.')
    await bob.sees('The saw is sharp again.')
    await chooseByMouse(alice, 'The saw is sharp again.', 'Path of this message')
    await alice.page.getByText('It has arrived at Bob’s Hearth.').waitFor()
    const there = card().getByRole('list', { name: /^On Bob/ })
    await there.getByText('An app there was given it.').waitFor()
    await card().getByText('Bob has read', { exact: false }).waitFor()
    await card()
      .getByText(/^Its clock (and this one agree|is)/)
      .waitFor()
    await backToTheConversation('The saw is sharp again.')
  })

  test(
    'one click on the time of a message of somebody else leads to its path',
    { timeout: 60_000 },
    async () => {
      await bob.say('Who has the small plane?')
      await bob.say('And the vice?')
      for (const text of ['Who has the small plane?', 'And the vice?']) {
        await alice.sees(text)
        await message(alice, text).getByRole('link', { name: 'the path of this message' }).click()
        const path = alice.page.getByRole('region', { name: 'Inspector' })
        await path.getByText(text, { exact: false }).first().waitFor()
        await backToTheConversation(text)
      }
    },
  )

  test(
    'the other side denies this one: the path says who, and goes on by itself',
    { timeout: 60_000 },
    async () => {
      const server = people().aliceNode.serverName
      const settings = await bob.openSettings('Servers')
      await settings.getByLabel('Deny these servers').fill(server)
      await settings.getByRole('button', { name: 'Add to denied servers' }).click()
      await settings.getByRole('list', { name: 'denied servers' }).getByText(server).waitFor()

      await alice.say('Did you see my hammer?')
      await chooseByMouse(alice, 'Did you see my hammer?', 'Path of this message')
      await alice.page.getByText('It waits for Bob’s Hearth.').waitFor()
      // Why, in words, with names that people know.
      const why = card().getByRole('alert')
      await why.getByText(/The owner of Bob’s Hearth does not allow This Hearth/).waitFor()
      // And what was said between the computers.
      await card().getByRole('link', { name: 'Details' }).first().click()
      const request = alice.page.getByRole('complementary', { name: 'Request' })
      await request.getByText('403 M_FORBIDDEN', { exact: true }).waitFor()
      await request.getByRole('button', { name: 'Copy as curl' }).click()
      await request.getByText('curl cannot', { exact: false }).waitFor()
      await request.getByRole('link', { name: /^\$/ }).click()

      await settings.getByRole('button', { name: `Remove ${server}` }).click()
      await settings.getByRole('button', { name: 'Close' }).first().click()
      await alice.page.getByText('It has arrived at Bob’s Hearth.').waitFor({ timeout: 30_000 })
      await why.waitFor({ state: 'detached' })
      await backToTheConversation('Did you see my hammer?')
    },
  )

  test('the other computer is off: found by keyboard alone', { timeout: 60_000 }, async () => {
    const { bobNode } = people()
    const address = new URL(bobNode.ready.federation_url).host
    await bobNode.stop()
    await alice.say('Are you still there?')
    await message(alice, 'Are you still there?').press('Enter')
    await alice.page.getByRole('menuitem', { name: 'Path of this message' }).focus()
    await alice.page.keyboard.press('Enter')
    await card()
      .getByRole('alert')
      .getByText('The other server cannot be reached.', { exact: false })
      .waitFor()
    await card()
      .getByText(/^Failed (once|\d+ times)/)
      .waitFor()
    await card().getByRole('link', { name: 'Details' }).first().focus()
    await alice.page.keyboard.press('Enter')
    // Which address was tried, and what became of it.
    const nowhere = alice.page.getByText('Addresses that led nowhere').locator('..')
    await nowhere.getByText(address).first().waitFor()
    await nowhere.getByText('ECONNREFUSED', { exact: false }).first().waitFor()

    // The table of requests: rows by arrow keys, phases in words.
    await alice.page.getByRole('link', { name: 'Transactions' }).focus()
    await alice.page.keyboard.press('Enter')
    await alice.page.getByLabel('Only what failed').focus()
    await alice.page.keyboard.press('Space')
    const rows = alice.page.getByRole('grid', { name: 'Requests between servers' }).locator('tbody tr')
    await rows.first().focus()
    await alice.page.keyboard.press('Enter')
    await alice.page
      .getByRole('complementary', { name: 'Request' })
      .getByText('cannot be reached', { exact: false })
      .first()
      .waitFor()
    // Escape closes what was opened, and the arrows go on from the same row.
    await alice.page.keyboard.press('Escape')
    await alice.page.getByRole('complementary', { name: 'Request' }).waitFor({ state: 'detached' })
    await bobNode.start()
  })
})
