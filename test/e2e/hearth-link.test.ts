import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HearthProcess } from '../harness/process/hearth.ts'
import { findBrowser, launchBrowser, Person } from './browser.ts'
import { cameraThatSees } from './code-film.ts'
import { startHidden } from './start-two.ts'

const executable = findBrowser()

describe.skipIf(executable === undefined)(
  'people on a network that hides them find each other by their links',
  { timeout: 60_000 },
  () => {
    let nodes: HearthProcess[] = []
    let browser: Browser | undefined
    let people: Person[] = []

    const at = <T>(list: readonly T[], index: number): T => {
      const found = list[index]
      if (found === undefined) throw new Error('Nobody is there')
      return found
    }

    beforeAll(async () => {
      nodes = await Promise.all([startHidden(), startHidden(), startHidden()])
      browser = await launchBrowser(executable ?? '', cameraThatSees(shortLink(1)))
      for (const [index, name] of ['Leo', 'Mia', 'Noa'].entries()) {
        const person = await Person.create(browser, name)
        people.push(person)
        await person.firstRun(at(nodes, index))
      }
    }, 60_000)

    afterAll(async () => {
      expect(people.flatMap((person) => person.faults)).toEqual([])
      await browser?.close()
      await Promise.all(nodes.map(async (node) => await node.stop()))
    }, 30_000)

    const leo = (): Person => at(people, 0)
    const mia = (): Person => at(people, 1)
    const noa = (): Person => at(people, 2)
    const shortLink = (index: number): string => `hearth://${at(nodes, index).serverName}`

    async function openInvite() {
      await leo().page.getByRole('button', { name: 'Invite people' }).first().click()
      return leo().page.getByRole('dialog', { name: /^Invite people/ })
    }

    test('a link invites the person whose computer it names, who was not known before', async () => {
      const link = await mia().ownLink()
      await leo().createRoom('Orchard')
      const dialog = await openInvite()
      await dialog.getByLabel('Name or Matrix id').fill(link)
      await dialog.getByText(`@owner:${at(nodes, 1).serverName}`).waitFor()
      await dialog.getByText(`their computer: ${at(nodes, 1).options.federationListen}`).waitFor()
      await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
      await dialog.waitFor({ state: 'detached' })
      await mia().answerInvitation('Orchard', 'Accept')
      await mia().page.getByRole('heading', { name: 'Orchard', level: 1 }).waitFor()
    })

    test('a link that names no address asks for it, and then invites', async () => {
      const dialog = await openInvite()
      await dialog.getByLabel('Name or Matrix id').fill(shortLink(2))
      const field = dialog.getByLabel('Network address')
      await dialog.getByText('does not say where that computer is').waitFor()
      await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
      await dialog.getByText('Give the address and the port').waitFor()
      await field.fill(String(at(nodes, 2).options.federationListen))
      await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
      await dialog.waitFor({ state: 'detached' })
      await noa().answerInvitation('Orchard', 'Accept')
      await noa().page.getByRole('heading', { name: 'Orchard', level: 1 }).waitFor()
    })

    test('a conversation begins with a link', async () => {
      const link = await noa().ownLink()
      await mia().page.getByRole('button', { name: 'Join a room' }).first().click()
      const dialog = mia().page.getByRole('dialog', { name: 'Join a room' })
      await dialog.getByLabel('Address').fill(link)
      await dialog.getByText(`@owner:${at(nodes, 2).serverName}`).waitFor()
      await dialog.getByRole('button', { name: 'Write to them' }).click()
      await dialog.waitFor({ state: 'detached' })
      await mia().say('Found you by your link')
      await noa().answerInvitation('Mia', 'Accept')
      await noa().sees('Found you by your link')
    })

    test('a command takes a link: it invites, and opens a conversation', async () => {
      const link = await noa().ownLink()
      await mia().createRoom('Meadow')
      await mia().composer.fill(`/invite hearth://${'a'.repeat(56)}.local`)
      await mia().composer.press('Enter')
      await mia()
        .page.getByText(/does not say where that computer is/)
        .waitFor()
      await mia().composer.fill(`/invite ${link}`)
      await mia().composer.press('Enter')
      await noa().answerInvitation('Meadow', 'Accept')
      await noa().page.getByRole('heading', { name: 'Meadow', level: 1 }).waitFor()
      await leo().composer.fill(`/msg ${link} Written by command`)
      await leo().composer.press('Enter')
      await leo().sees('Written by command')
      await noa().answerInvitation('Leo', 'Accept')
      await noa().sees('Written by command')
    })

    test('the picture of a code is as good as the link: chosen, dropped, pasted or filmed', async () => {
      const settings = await mia().openSettings('This computer')
      const link = await mia().page.getByRole('status', { name: 'Your address' }).innerText()
      await settings.getByText('Show it as a code to scan').click()
      const picture = await settings.getByRole('img', { name: 'Your address as a code' }).screenshot()
      await mia().page.getByRole('button', { name: 'Close' }).first().click()

      await leo().page.getByRole('button', { name: 'Join a room' }).first().click()
      const dialog = leo().page.getByRole('dialog', { name: 'Join a room' })
      const field = dialog.getByLabel('Address')
      const file = dialog.getByLabel('Read the picture of a code')
      const blank = await dialog.getByRole('button', { name: 'Cancel' }).screenshot()
      await file.setInputFiles({ name: 'blank.png', mimeType: 'image/png', buffer: blank })
      await dialog.getByText(/^No code was found in this picture/).waitFor()
      await file.setInputFiles({
        name: 'notes.png',
        mimeType: 'image/png',
        buffer: Buffer.from('no picture'),
      })
      await dialog.getByText(/^This picture could not be read/).waitFor()
      await file.setInputFiles({ name: 'code.png', mimeType: 'image/png', buffer: picture })
      await expect.poll(async () => await field.inputValue()).toBe(link)
      await dialog.getByText(`@owner:${at(nodes, 1).serverName}`).waitFor()

      for (const way of ['drop', 'paste'] as const) {
        await field.fill('')
        await field.evaluate(
          (element, [type, base64]) => {
            const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
            const data = new DataTransfer()
            data.items.add(new File([bytes], 'code.png', { type: 'image/png' }))
            const init = { bubbles: true, cancelable: true }
            element.dispatchEvent(
              type === 'drop'
                ? new DragEvent('drop', { ...init, dataTransfer: data })
                : new ClipboardEvent('paste', { ...init, clipboardData: data }),
            )
          },
          [way, picture.toString('base64')] as const,
        )
        await expect.poll(async () => await field.inputValue()).toBe(link)
      }

      await field.fill('')
      await dialog.getByRole('button', { name: 'Use the camera' }).click()
      await expect.poll(async () => await field.inputValue()).toBe(shortLink(1))
      await dialog.getByLabel('What the camera sees').waitFor({ state: 'detached' })
      await leo().page.keyboard.press('Escape')
    })

    test('a link without an address leads on to who is known, and else says what is missing', async () => {
      await leo().page.getByRole('button', { name: 'Add somebody by address' }).click()
      const dialog = leo().page.getByRole('dialog', { name: 'Add somebody by address' })
      const field = dialog.getByLabel('Hearth link or server name')
      await field.fill(`${shortLink(2)}?at=192.168.1.7:8448`)
      await field.fill(`hearth://${'a'.repeat(56)}.local`)
      await dialog.getByText('does not say where that computer is').waitFor()
      await dialog.getByRole('button', { name: 'Add', exact: true }).click()
      await dialog.getByText('Give the address and the port').waitFor()

      await field.fill('hearth://127.0.0.1:9')
      await dialog.getByRole('button', { name: 'Write to them' }).click()
      await dialog.getByText('Nothing answers under this name').waitFor()

      await field.fill(shortLink(1))
      await dialog.getByText('Hearth knows already').waitFor()
      await dialog.getByRole('button', { name: 'Write to them' }).click()
      await dialog.waitFor({ state: 'detached' })
      await leo().say('Known all along')
      await mia().answerInvitation('Leo', 'Accept')
      await mia().sees('Known all along')
    })
  },
)
