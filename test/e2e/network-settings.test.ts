/** The choice of the network in the settings, on a machine with a cable and a VPN. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Locator } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { Switch, whyNoNamespaces, type Machine } from '../harness/process/namespaces.ts'
import { scratchFolder } from '../harness/process/scratch.ts'
import { startStation, type Station } from '../harness/process/station.ts'
import { findBrowser, launchBrowser, Person } from './browser.ts'

const executable = findBrowser()
const denied = whyNoNamespaces()

/** The browser on a machine in a namespace. */
async function launchInside({ namespace }: Machine): Promise<Browser> {
  const wrapper = join(scratchFolder('browser'), 'browser')
  writeFileSync(wrapper, `#!/bin/sh\nexec ip netns exec ${namespace} '${executable}' "$@"\n`, { mode: 0o755 })
  return await launchBrowser(wrapper)
}

describe.skipIf(executable === undefined || denied !== undefined)(
  `the network in the settings${denied === undefined ? '' : ` (skipped: ${denied})`}`,
  () => {
    let home: Switch
    let office: Switch
    let machine: Machine
    let node: HearthProcess
    let browser: Browser
    let ada: Person
    /** Behind Ada's VPN. */
    let grace: Station
    let settings: Locator

    beforeAll(async () => {
      home = new Switch('10.83.7')
      office = new Switch('10.83.9')
      machine = await home.addMachine(8008)
      office.plug(machine.namespace, 'wg0')
      const { namespace } = machine
      const ports = { clientListen: '127.0.0.1:8008', federationListen: '[::]:8448' }
      ;[node, browser, grace] = await Promise.all([
        startHearth({ label: 'ada', namespace, ...ports }),
        launchInside(machine),
        startStation(await office.addMachine(8008), { settings: { visible_nearby: true } }),
      ])
      const name = `/_matrix/client/v3/profile/${encodeURIComponent(grace.owner.userId)}/displayname`
      await grace.owner.call('PUT', name, { body: { displayname: 'Grace' } })
      ada = await Person.create(browser, 'Ada')
      await ada.firstRun(node)
      settings = await ada.openSettings('Network')
    }, 90_000)

    afterAll(async () => {
      await browser?.close()
      await grace?.owner.close()
      await Promise.all([node?.kill(), grace?.node.kill()])
      await home?.remove()
      await office?.remove()
    }, 30_000)

    const networks = (): Locator => settings.getByRole('group', { name: 'Networks of this computer' })
    const row = (name: string): Locator => networks().getByRole('checkbox', { name: new RegExp(`^${name}`) })
    const shows = async (words: string | RegExp): Promise<void> => await networks().getByText(words).waitFor()
    const automatic = (): Locator => settings.getByRole('radio', { name: /^Automatically/ })

    test('shows what the machine has, what it is, and what Hearth uses by itself', async () => {
      expect(await automatic().isChecked()).toBe(true)
      await shows(`Cable or Wi-Fi · ${machine.address}`)
      expect(await networks().innerText()).toMatch(
        /eth0\s+Cable or Wi-Fi · 10\.83\.7\.1\s+In use\s+wg0\s+VPN, container or virtual machine · 10\.83\.9\.100\s+Not used\s+lo\s+This computer alone · 127\.0\.0\.1\s+Not used/,
      )
      expect(await networks().getByRole('checkbox').count()).toBe(0)
    })

    test('by the keyboard: the VPN is chosen, and the people behind it appear', async () => {
      await automatic().focus()
      await ada.page.keyboard.press('ArrowDown')
      expect(await row('eth0').isChecked()).toBe(true)
      await ada.page.keyboard.press('Tab')
      expect(await row('eth0').evaluate((box) => box === document.activeElement)).toBe(true)
      await ada.page.keyboard.press('Tab')
      await ada.page.keyboard.press('Space')
      await shows(/wg0\s*VPN.*In use/s)
      expect(await row('wg0').isChecked()).toBe(true)
      await settings.getByRole('button', { name: 'Close' }).first().click()
      await ada.list('Nearby').getByRole('button', { name: /Grace/ }).waitFor()
    })

    test(
      'one that is gone is shown as such, breaks nothing, and can be left',
      { timeout: 60_000 },
      async () => {
        settings = await ada.openSettings('Network')
        office.setInterface(machine, 'wg0', 'down')
        await shows(/wg0\s*Used again as soon as it is back.*Not there now/s)
        expect(await row('wg0').isChecked()).toBe(true)
        await row('eth0').uncheck()
        await shows(/eth0\s*Cable.*Not used/s)
        await settings.getByRole('button', { name: 'Close' }).first().click()
        await ada.page
          .getByText('The network that was chosen in the settings is not there: wg0.')
          .first()
          .waitFor()

        settings = await ada.openSettings('Network')
        await row('wg0').uncheck()
        await settings.getByText('Until you choose one, Hearth chooses by itself.').waitFor()
        await shows(/eth0\s*Cable.*In use/s)
        await shows(/wg0.*Not there now/s)
        office.setInterface(machine, 'wg0', 'up')
        await shows(/wg0\s*VPN.*Not used/s)
      },
    )

    test('what is chosen is kept, also for who opens the settings again; and taken back', async () => {
      await row('wg0').check()
      await shows(/wg0\s*VPN.*In use/s)
      await ada.page.reload()
      settings = await ada.openSettings('Network')
      await row('wg0').waitFor()
      expect(await row('wg0').isChecked()).toBe(true)
      expect(await row('eth0').isChecked()).toBe(false)
      await automatic().check()
      await shows(/eth0\s*Cable.*In use/s)
      await shows(/wg0\s*VPN.*Not used/s)
      expect(ada.faults).toEqual([])
    })
  },
)
