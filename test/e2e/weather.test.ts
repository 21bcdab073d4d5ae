import { statSync } from 'node:fs'
import type { Locator } from 'playwright'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BadLine } from '../harness/process/bad-line.ts'
import type { HearthProcess } from '../harness/process/hearth.ts'
import { until } from '../harness/process/wait.ts'
import { findBrowser, type Person } from './browser.ts'
import { chooseByMouse as choose, message, press } from './conversation.ts'
import { meetInRoom, usePeople } from './people.ts'
import { pngFile, textFile, type SampleFile } from './sample-files.ts'

async function editTo(person: Person, text: string, changed: string): Promise<void> {
  await press(person, text, 'Edit')
  await person.composer.fill(changed)
  await person.composer.press('Enter')
}

async function attach(person: Person, file: SampleFile): Promise<void> {
  await person.page.getByLabel('Files to attach').setInputFiles([file])
  await person.page.getByRole('region', { name: 'Files to send' }).waitFor()
  await person.page.getByRole('button', { name: 'Send', exact: true }).click()
}

const card = (person: Person, name: string): Locator =>
  person.timeline.getByRole('figure', { name: `File ${name}` })

const reconnecting = (person: Person): Locator => person.page.getByText(/^Reconnecting to Hearth/)

/** Of these texts, those that the timeline shows, in its order and as often as it shows them. */
async function shownOf(person: Person, texts: readonly string[]): Promise<string[]> {
  const shown = await person.timeline.getByRole('article').allInnerTexts()
  return shown.flatMap((article) => texts.filter((text) => article.split('\n').includes(text)))
}

/** Only so many bytes leave the page each second, until the answer is called. */
async function slowUpload(person: Person, bytesPerSecond: number): Promise<() => Promise<void>> {
  const session = await person.page.context().newCDPSession(person.page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 100,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond,
  })
  return async () => await session.detach()
}

// Its lines need a second loopback address, which only Linux has by itself.
describe.skipIf(findBrowser() === undefined || process.platform !== 'linux')(
  'bad weather, between two nodes',
  { timeout: 60_000 },
  () => {
    const people = usePeople({ apart: true })
    let alice: Person
    let bob: Person
    let nodes: [HearthProcess, HearthProcess]
    let lines: readonly BadLine[]

    beforeAll(async () => {
      await meetInRoom(people(), 'Harbour')
      ;({ alice, bob, lines } = people())
      nodes = [people().aliceNode, people().bobNode]
      await bob.say('Is anybody out there?')
      await alice.sees('Is anybody out there?')
    }, 120_000)

    afterEach(async () => {
      // The next test begins in fair weather, whatever became of this one.
      await Promise.all(nodes.map(async (node) => (node.running ? undefined : await node.start())))
      for (const person of [alice, bob]) await person.page.context().setOffline(false)
      for (const line of lines) {
        Object.assign(line, {
          silent: false,
          cut: false,
          latency: () => 0,
          bytesPerSecond: Number.POSITIVE_INFINITY,
        })
      }
    })

    test('what is written while the own node is dead is kept, and done in order when it is back', async () => {
      await alice.say('We sale at noon')
      await bob.sees('We sale at noon')
      const fastAgain = await slowUpload(alice, 200_000)
      await attach(alice, textFile('chart.txt', 'text/plain', 'x'.repeat(1_000_000)))
      const progress = alice.page.getByRole('progressbar', { name: 'chart.txt sent' })
      await expect.poll(async () => Number(await progress.getAttribute('value'))).toBeGreaterThan(0)
      await nodes[0].kill()
      await fastAgain()

      const written = ['first in the dark', 'second in the dark', 'third in the dark']
      for (const text of written) await alice.say(text)
      await editTo(alice, 'We sale at noon', 'We sail at noon')
      await press(alice, 'Is anybody out there?', 'React with 👍')
      await reconnecting(alice).waitFor()
      await message(alice, 'third in the dark').getByText('Waiting to be sent').waitFor({ state: 'attached' })
      await message(alice, 'We sail at noon').waitFor()
      expect(await shownOf(alice, written)).toEqual(written)

      await nodes[0].start()
      for (const person of [alice, bob]) {
        await card(person, 'chart.txt').waitFor()
        await person.sees('third in the dark')
        await message(person, 'We sail at noon').getByRole('button', { name: '(edited)' }).waitFor()
        await message(person, 'Is anybody out there?')
          .getByRole('button', { name: /^👍, 1/ })
          .waitFor()
        expect(await shownOf(person, written)).toEqual(written)
        expect(await card(person, 'chart.txt').count()).toBe(1)
      }
      await reconnecting(alice).waitFor({ state: 'detached' })
      await alice.page.getByRole('list', { name: 'Files being sent' }).waitFor({ state: 'detached' })
    })

    test('it is kept when the window closes in the dark, with drafts of every kind', async () => {
      await alice.say('the root of it')
      await bob.sees('the root of it')
      await nodes[0].kill()
      const written = ['before the window closed', 'and one more']
      for (const text of written) await alice.say(text)
      await editTo(alice, 'first in the dark', 'first in the dark, and cold')
      await press(alice, 'Is anybody out there?', 'React with ❤️')
      await attach(alice, textFile('log.txt', 'text/plain', 'calm'))
      await press(alice, 'Is anybody out there?', 'Reply')
      await alice.composer.fill('draft of an answer')
      await press(alice, 'second in the dark', 'Edit')
      await alice.composer.fill('draft of an edit')
      await choose(alice, 'the root of it', 'Reply in thread')
      const inThread = alice.page.getByRole('textbox', { name: 'Message in thread' })
      await inThread.fill('draft of a thread')

      // Its page comes from the node: there is nothing to see until that is back.
      await alice.page.reload().catch(() => undefined)
      await nodes[0].start()
      await alice.page.goto(`${nodes[0].clientUrl}/#/`)
      await alice.open('Rooms', 'Harbour')
      for (const person of [alice, bob]) {
        await card(person, 'log.txt').waitFor()
        await message(person, 'first in the dark, and cold').waitFor()
        await message(person, 'Is anybody out there?')
          .getByRole('button', { name: /^❤️, 1/ })
          .waitFor()
        expect(await shownOf(person, written)).toEqual(written)
        expect(await card(person, 'log.txt').count()).toBe(1)
      }
      await press(alice, 'second in the dark', 'Edit')
      await expect.poll(async () => await alice.composer.inputValue()).toBe('draft of an edit')
      await alice.page.getByRole('button', { name: 'Stop editing' }).click()
      await alice.page.getByText('Reply to Bob').waitFor()
      expect(await alice.composer.inputValue()).toBe('draft of an answer')
      await alice.page.getByRole('button', { name: 'Do not reply to this' }).click()
      await alice.composer.fill('')
      await choose(alice, 'the root of it', 'Reply in thread')
      expect(await inThread.inputValue()).toBe('draft of a thread')
      await inThread.fill('')
      await alice.page.getByRole('button', { name: /^Close thread/ }).click()
    })

    test('a message to a dead node says for whom it waits, and follows it when it is back', async () => {
      await nodes[1].kill()
      await alice.say('Are you asleep?')
      await message(alice, 'Are you asleep?')
        .getByText('Waiting for Bob’s computer')
        .waitFor({ state: 'attached' })
      await alice.page.getByText(/^Bob’s computer is offline; 1 message waits for it/).waitFor()
      await choose(alice, 'Are you asleep?', 'Details')
      const delivery = alice.page.getByRole('list', { name: 'Delivery' })
      await delivery.getByText('Waiting for Bob’s computer').waitFor()
      await nodes[1].start()
      await delivery.getByText('Delivered to Bob’s computer').waitFor()
      await alice.page.keyboard.press('Escape')
      await bob.sees('Are you asleep?')
      await alice.page.getByText(/^Bob’s computer is offline/).waitFor({ state: 'detached' })
      await bob.page.bringToFront()
      await message(alice, 'Are you asleep?')
        .getByRole('button', { name: /^Read by/ })
        .waitFor()
    })

    test('a page that cannot reach its node keeps what is written, and catches up', async () => {
      await alice.page.context().setOffline(true)
      const written = ['into the fog', 'and again']
      for (const text of written) await alice.say(text)
      await message(alice, 'and again').getByText('Waiting to be sent').waitFor({ state: 'attached' })
      await bob.say('heard after the fog')
      await alice.page.context().setOffline(false)
      for (const person of [alice, bob]) {
        await person.sees('and again')
        await person.sees('heard after the fog')
        expect(await shownOf(person, written)).toEqual(written)
      }
      await reconnecting(alice).waitFor({ state: 'detached' })
    })

    test('between the nodes a slow line, then a silent one, then none: nothing is lost or said twice', async () => {
      for (const line of lines) line.latency = () => 150
      await alice.say('across the wide bay')
      await bob.sees('across the wide bay')
      // Half open: both ends believe in the connection, and nothing comes through.
      for (const line of lines) line.silent = true
      const written = ['into the silence', 'still silent', 'after the cut']
      await alice.say('into the silence')
      await alice.say('still silent')
      await editTo(alice, 'across the wide bay', 'across the wide and misty bay')
      await message(alice, 'still silent')
        .getByText('Waiting for Bob’s computer')
        .waitFor({ state: 'attached' })
      for (const line of lines) {
        line.cut = true
        line.breakAll()
      }
      await alice.say('after the cut')
      await alice.page.getByText(/^Bob’s computer is offline; \d messages? waits? for it/).waitFor()
      for (const line of lines) {
        line.silent = false
        line.cut = false
        line.latency = () => 0
      }
      await bob.sees('after the cut')
      await message(bob, 'across the wide and misty bay').waitFor()
      expect(await shownOf(bob, written)).toEqual(written)
      await message(alice, 'after the cut').getByText('Waiting for').waitFor({ state: 'detached' })
      await alice.page.getByText(/^Bob’s computer is offline/).waitFor({ state: 'detached' })
    })

    test('a large file comes over a slow line that breaks, and is resumed while people talk on', async () => {
      const size = 20_000_000
      await attach(alice, {
        name: 'hold.bin',
        mimeType: 'application/octet-stream',
        buffer: Buffer.alloc(size, 'cargo '),
      })
      await card(bob, 'hold.bin').waitFor()
      const toAlice = lines[0]!
      toAlice.bytesPerSecond = 4_000_000
      const before = toAlice.carried
      const download = bob.page.waitForEvent('download')
      await card(bob, 'hold.bin').getByRole('button', { name: 'Save' }).click()
      await expect.poll(() => toAlice.carried - before, { timeout: 10_000 }).toBeGreaterThan(4_000_000)
      toAlice.breakAll()
      await bob.say('Is it heavy?')
      await alice.sees('Is it heavy?')
      toAlice.bytesPerSecond = Number.POSITIVE_INFINITY
      const path = await (await download).path()
      expect(statSync(path).size).toBe(size)
      // Resumed, and not begun anew: what had come was not fetched again.
      expect(toAlice.carried - before).toBeLessThan(size * 1.15)
    })

    test('a picture of a computer that is away says so, and comes when it is back', async () => {
      // The message still comes over the other line; the picture is asked for over this one.
      const toAlice = lines[0]!
      toAlice.cut = true
      toAlice.breakAll()
      await attach(alice, pngFile('reef.png', 300, 200))
      const trouble = bob.timeline.getByRole('article').filter({ hasText: 'could not be loaded' })
      await trouble.getByText(/The computer that has it may be off/).waitFor()
      toAlice.cut = false
      await expect
        .poll(
          async () => {
            const again = trouble.getByRole('button', { name: 'Try again' })
            if (await again.isVisible()) await again.click()
            return await bob.timeline.locator('img[alt="reef.png"][data-shown]').count()
          },
          { timeout: 20_000 },
        )
        .toBe(1)
    })

    test('a message that the room refuses says why, is tried again or deleted, and holds nothing up', async () => {
      await bob.page.context().setOffline(true)
      await bob.say('no right to say this')
      await bob.say('nor this')
      const powers = async (level: number): Promise<void> => {
        const status = await alice.page.evaluate(async (needed) => {
          const session = JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as {
            accessToken: string
          }
          const headers = { authorization: `Bearer ${session.accessToken}` }
          const path = `/_matrix/client/v3/rooms/${location.hash.split('/')[2] ?? ''}/state/m.room.power_levels`
          const levels = (await (await fetch(path, { headers })).json()) as object
          const body = JSON.stringify({ ...levels, events_default: needed })
          return (await fetch(path, { method: 'PUT', headers, body })).status
        }, level)
        expect(status).toBe(200)
      }
      await powers(50)
      const { accessToken, roomId } = await bob.page.evaluate(() => ({
        ...(JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as { accessToken: string }),
        roomId: location.hash.split('/')[2] ?? '',
      }))
      await until('the other node knows the rule', async () => {
        const response = await fetch(
          `${nodes[1].clientUrl}/_matrix/client/v3/rooms/${roomId}/state/m.room.power_levels`,
          {
            headers: { authorization: `Bearer ${accessToken}` },
          },
        )
        return ((await response.json()) as { events_default?: number }).events_default === 50
      })
      await bob.page.context().setOffline(false)
      const refused = message(bob, 'no right to say this')
      await refused.getByText(/^Not sent: /).waitFor()
      await message(bob, 'nor this')
        .getByText(/^Not sent: /)
        .waitFor()
      await message(bob, 'nor this').getByRole('button', { name: 'Delete', exact: true }).click()
      await bob.timeline.getByText('nor this').waitFor({ state: 'detached' })
      await powers(0)
      await bob.page.getByRole('textbox', { name: 'Message', exact: true }).waitFor()
      await bob.say('this one goes')
      await alice.sees('this one goes')
      await refused.getByRole('button', { name: 'Retry' }).click()
      await alice.sees('no right to say this')
      expect(await alice.timeline.getByText('nor this').count()).toBe(0)
    })
  },
)
