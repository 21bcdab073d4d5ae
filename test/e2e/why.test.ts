/** Somebody reads in the inspector why an event was refused, and by which rule. */
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { spawnHearth, startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { joinLiar, lie, sendLies } from '../harness/process/join-liar.ts'
import { Liar } from '../harness/process/liar.ts'
import { findBrowser, launchBrowser, Person } from './browser.ts'

const executable = findBrowser()

describe.skipIf(executable === undefined)('why an event was refused', () => {
  let browser: Browser
  let node: HearthProcess
  let liar: Liar

  beforeAll(async () => {
    ;[browser, node, liar] = await Promise.all([
      launchBrowser(executable ?? ''),
      startHearth({ label: 'node', args: ['--no-mdns'] }),
      Liar.start(),
    ])
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await Promise.all([node?.kill(), liar?.stop()])
  })

  test(
    'found from the conversations, read, and followed to what stood in the way',
    { timeout: 90_000 },
    async () => {
      const person = await Person.create(browser, 'Mia')
      const { page } = person
      await person.firstRun(node)
      const token = await page.evaluate(() => {
        const session = JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as { accessToken: string }
        return session.accessToken
      })
      const room = await joinLiar(node, token, liar)
      const name = room.draft({ type: 'm.room.name', stateKey: '', content: { name: 'The liar’s room' } })
      const stranger = lie(room, `@stranger:${liar.serverName}`, 'I am not in here')
      const forged = lie(room, `@owner:${node.serverName}`, 'in your name')
      expect(await sendLies(liar, node, name)).toBe(200)
      expect(await sendLies(liar, node, stranger, forged)).toBe(200)

      await page.getByRole('button', { name: 'Inspector', exact: true }).click()
      await page.getByRole('link', { name: 'Why?' }).click()
      const list = page.getByRole('region', { name: 'Refused events' })
      await list.getByText('A signature does not hold').waitFor()
      await list.getByRole('link', { name: /Only members may send/ }).click()

      const why = page.getByRole('article', { name: 'Why: Only members may send' })
      const asked = why.getByRole('region', { name: 'What was asked for' })
      await asked.getByText('Rule 5 of room version 10').waitFor()
      await asked.getByText('Whoever sends an event must be joined to the room.').waitFor()
      await asked.getByText('The events that it cites do not allow it').waitFor()
      await why.getByText(/^There was no m\.room\.member of stranger \(\w{8}\)\./).waitFor()
      const spec = asked.getByRole('link', { name: 'Read rule 5 in the Matrix specification' })
      expect(await spec.getAttribute('href')).toContain('/rooms/v10/#')
      await why.getByRole('tree', { name: 'The event as it came' }).getByText('"I am not in here"').waitFor()

      // By keyboard to the other one, and on to an event that it is about.
      await list.getByRole('link', { name: /A signature does not hold/ }).focus()
      await page.keyboard.press('Enter')
      const signature = page.getByRole('article', { name: 'Why: A signature does not hold' })
      await signature.getByText('has not signed it at all').waitFor()
      await signature.getByText('A signature of This Hearth that holds is needed').waitFor()

      await list.getByRole('link', { name: /Only members may send/ }).click()
      await why
        .getByRole('link', { name: /^m\.room\.create/ })
        .first()
        .click()
      const create = page.getByRole('article', { name: 'Event m.room.create' })
      await create.getByText('Allowed').first().waitFor()

      // The room as a file, without anybody's words, that another copy of Hearth checks without asking anybody.
      await list.getByRole('link', { name: /Only members may send/ }).click()
      await why.getByRole('button', { name: 'Export room…' }).click()
      const dialog = page.getByRole('dialog', { name: 'Export The liar’s room' })
      await dialog.getByText('every signature can still be checked').waitFor()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        dialog.getByRole('button', { name: 'Export', exact: true }).click(),
      ])
      expect(download.suggestedFilename()).toBe('The-liar-s-room.jsonl')
      const check = spawnHearth({ label: 'verify', args: ['verify', await download.path()] })
      expect((await check.exited).code, check.stdout).toBe(0)
      expect(check.stdout).toContain('Everything holds.')

      await page.getByRole('button', { name: 'Export capture…' }).click()
      const [captured] = await Promise.all([
        page.waitForEvent('download'),
        page
          .getByRole('dialog', { name: 'Export capture' })
          .getByRole('button', { name: 'Export', exact: true })
          .click(),
      ])
      const again = spawnHearth({ label: 'verify', args: ['verify', await captured.path()] })
      expect((await again.exited).code, again.stdout).toBe(0)
      expect(again.stdout).toContain('1 signature of the export')
      expect(person.faults).toEqual([])
    },
  )
})
