import type { Locator } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { findBrowser, type Person } from './browser.ts'
import { meetInRoom, usePeople } from './people.ts'

// Its lines need a second loopback address, which only Linux has by itself.
describe.skipIf(findBrowser() === undefined || process.platform !== 'linux')(
  'the graph of a room, between two nodes',
  { timeout: 60_000 },
  () => {
    const people = usePeople({ apart: true })
    let alice: Person
    let bob: Person
    let watcher: Person

    beforeAll(async () => {
      await meetInRoom(people(), 'Harbour')
      ;({ alice, bob } = people())
      await bob.say('before the fog')
      await alice.sees('before the fog')
      watcher = await alice.atAnotherDevice(people().browser, people().aliceNode)
    }, 120_000)

    afterEach(() => expect(watcher.faults).toEqual([]))
    afterAll(async () => await watcher?.close())

    const place = (name: string): Locator =>
      watcher.page.getByRole('list', { name: 'Places to go to' }).getByRole('button', { name })
    const selected = async (): Promise<string> =>
      await watcher.page.getByRole('status', { name: 'Selected event' }).innerText()

    test('a fork and its merge are seen as they happen, and looked at by keyboard', async () => {
      const { page } = watcher
      await page.getByRole('button', { name: 'Inspector' }).click()
      await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Room graph' }).click()
      await page
        .getByRole('grid', { name: 'Rooms' })
        .getByRole('row', { name: /Harbour/ })
        .click()
      const graph = page.getByRole('application', { name: 'Event graph of Harbour' })
      await graph.waitFor()
      await place('Extremity 1').waitFor()
      await place('Forks 0').waitFor()
      const servers = page.getByRole('list', { name: 'Servers' })
      await servers.getByText('This Hearth').waitFor()
      await servers.getByText('Bob’s Hearth').waitFor()

      const { lines } = people()
      for (const line of lines) Object.assign(line, { cut: true })
      for (const line of lines) line.breakAll()
      await alice.say('into the fog')
      await bob.say('out of the fog')
      for (const line of lines) Object.assign(line, { cut: false })
      await alice.sees('out of the fog')
      await place('Fork 1').waitFor()
      await place('Extremities 2').waitFor()

      await alice.say('all is clear')
      await place('Merge 1').waitFor()
      await place('Extremity 1').waitFor()

      await place('Fork 1').click()
      await expect.poll(selected).toMatch(/fork\. 1 parent, 2 children/)
      await graph.focus()
      await page.keyboard.press('ArrowUp')
      await expect.poll(selected).toMatch(/^m\.room\.message\. from (Alice|Bob)\..*1 parent, 1 child/)
      const branch = await selected()
      await page.keyboard.press('ArrowLeft')
      await page.keyboard.press('ArrowRight')
      await expect.poll(selected).not.toBe('')
      await page.keyboard.press('ArrowUp')
      await expect.poll(selected).toMatch(/extremity\. merge\. 2 parents, 0 children/)
      expect(await selected()).not.toBe(branch)

      await page.keyboard.press('Enter')
      const panel = page.getByRole('complementary', { name: 'Event' })
      await panel.getByRole('article', { name: 'Event m.room.message' }).waitFor()
      await panel.getByText('all is clear').first().waitFor()
      await page.keyboard.press('ArrowDown')
      await panel
        .getByText(/(into|out of) the fog/)
        .first()
        .waitFor()
      await page.keyboard.press('Escape')
      await panel.waitFor({ state: 'detached' })
    })

    test('the past shows the fork open; a search leads from match to match; a link opens its event', async () => {
      const { page } = watcher
      const moment = page.getByRole('slider', { name: 'Moment' })
      const last = Number(await moment.getAttribute('max'))
      await moment.fill(String(last - 1))
      await place('Extremities 2').waitFor()
      await place('Merges 0').waitFor()
      await moment.fill('0')
      await place('Extremity 1').waitFor()
      await page.getByRole('button', { name: 'Back to now' }).click()
      await place('Merge 1').waitFor()

      const search = page.getByRole('searchbox', { name: 'Search events' })
      await search.fill('m.room.create')
      await search.press('Enter')
      await expect.poll(selected).toMatch(/^m\.room\.create, state\. .* 0 parents/)
      await search.fill('')
      await page.getByRole('application').focus()
      await page.keyboard.press('Enter')
      await page.getByRole('article', { name: 'Event m.room.create' }).waitFor()
      await page.reload()
      await page.getByRole('article', { name: 'Event m.room.create' }).waitFor()
      await expect.poll(selected).toMatch(/^m\.room\.create/)
    })
  },
)
