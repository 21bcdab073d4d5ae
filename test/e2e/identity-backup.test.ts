import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loginToken, startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { scratchFolder } from '../harness/process/scratch.ts'
import { findBrowser, launchBrowser, Person } from './browser.ts'

const executable = findBrowser()
const passphrase = 'a warm fire at night'

describe.skipIf(executable === undefined)('the identity, from the app to a file and back', () => {
  const folder = scratchFolder('download')
  const file = join(folder, 'identity.json')
  let browser: Browser
  let node: HearthProcess
  let person: Person

  beforeAll(async () => {
    node = await startHearth({ args: ['--no-mdns'] })
    browser = await launchBrowser(executable ?? '')
    person = await Person.create(browser, 'Mia')
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await node?.stop()
  })

  /** Fills the open dialog and sends it. */
  async function fill(first: string, second: string): Promise<void> {
    await person.page.getByLabel('Passphrase', { exact: true }).fill(first)
    await person.page.getByLabel('The same passphrase again').fill(second)
    await person.page.getByRole('button', { name: 'Save backup' }).click()
  }

  test(
    'the first run offers it; mistakes are told; the file is downloaded',
    { timeout: 60_000 },
    async () => {
      const { page } = person
      await page.goto(`${node.clientUrl}/#/login?loginToken=${encodeURIComponent(loginToken(node.ready))}`)
      await page.getByLabel('Your name').fill('Mia')
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByRole('button', { name: 'Back up your identity' }).click()
      await fill('short', 'short')
      await page.getByText('Choose at least 8 characters.').waitFor()
      await fill(passphrase, 'another passphrase')
      await page.getByText('This is not the same passphrase.').waitFor()
      await page.getByRole('button', { name: 'Cancel' }).click()
      await page.getByRole('button', { name: 'Start using Hearth' }).click()

      await person.openSettings('This computer')
      await page.getByRole('button', { name: 'Save a backup…' }).click()
      const waiting = page.waitForEvent('download')
      await fill(passphrase, passphrase)
      const download = await waiting
      expect(download.suggestedFilename()).toBe(`hearth-identity-${node.serverName.slice(0, 8)}.json`)
      await download.saveAs(file)
      await page.getByText('is downloaded.').waitFor()
      await page.getByRole('button', { name: 'Done' }).click()
      await page.getByRole('dialog', { name: 'Settings' }).waitFor()
      expect(person.faults).toEqual([])
    },
  )

  test('a new data folder becomes the same server by it', { timeout: 60_000 }, async () => {
    expect(existsSync(file)).toBe(true)
    const restored = await startHearth({
      args: ['--no-mdns', '--restore-identity', file],
      env: { HEARTH_PASSPHRASE: passphrase },
    })
    expect(restored.serverName).toBe(node.serverName)
    await restored.stop()
  })
})
