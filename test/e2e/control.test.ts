/** Who may talk with this Hearth, and the end of an account: by the app, in browsers. */
import { beforeAll, describe, expect, test } from 'vitest'
import { loginToken } from '../harness/process/hearth.ts'
import { findBrowser, type Person } from './browser.ts'
import { meetInRoom, usePeople } from './people.ts'

describe.skipIf(findBrowser() === undefined)('what a person controls', () => {
  const people = usePeople()
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    await meetInRoom(people(), 'Garden')
    ;({ alice, bob } = people())
  }, 90_000)

  test(
    'a denied server is said in the settings, the room and the message; allowed again, all arrives',
    { timeout: 60_000 },
    async () => {
      const server = people().bobNode.serverName
      const dialog = await alice.openSettings('Servers')
      const field = dialog.getByLabel('Deny these servers')
      await field.fill(`https://${server}`)
      await field.press('Enter')
      await dialog.getByText('Only the name of the server').waitFor()
      await field.fill(server)
      await dialog.getByRole('button', { name: 'Add to denied servers' }).click()
      await dialog.getByRole('list', { name: 'denied servers' }).getByText(server).waitFor()
      await dialog.getByText(/1 server of your conversations is not allowed/).waitFor()
      await dialog.getByRole('button', { name: 'Close' }).first().click()

      const banner = alice.page.getByText(/do not allow the server of Bob/)
      await banner.waitFor()
      await alice.say('you do not hear me')
      await bob.say('nor you me')
      // The other side is told as well, above the composer and at the message.
      const refused = bob.page.getByText(/The server of Alice does not accept messages from this Hearth/)
      await refused.waitFor()
      await bob.page.getByText(/^Not accepted by Alice’s computer/).waitFor()
      // A conversation that is begun meanwhile says why the other is not in it, and invites them afterwards.
      await bob.list('Nearby').getByRole('button', { name: /Alice/ }).click()
      await bob.page.getByText('Their server does not accept this Hearth').waitFor()
      await bob.page.getByText('Alice cannot be invited until that changes.').waitFor()

      const again = await alice.openSettings('Servers')
      await again.getByRole('button', { name: `Remove ${server}` }).click()
      await again.getByRole('button', { name: 'Close' }).first().click()
      await banner.waitFor({ state: 'detached' })
      await refused.waitFor({ state: 'detached' })
      await bob.page.getByText('Invited; has not answered yet').waitFor()
      await bob.open('Rooms', 'Garden')
      await alice.sees('nor you me')
      await bob.sees('you do not hear me')
    },
  )

  test('an account is deleted with its messages, after a second thought', { timeout: 60_000 }, async () => {
    const dialog = await alice.openSettings('Profile')
    await dialog.getByRole('button', { name: 'Delete my account…' }).click()
    const last = alice.page.getByRole('dialog', { name: 'Delete your account?' })
    await last.getByText('This account is the owner of this Hearth').waitFor()
    const end = last.getByRole('button', { name: 'Delete for good' })
    expect(await end.isDisabled()).toBe(true)
    await last.getByRole('switch', { name: 'Delete my messages for everybody' }).click()
    await last.getByLabel(/^Type/).fill('delete')
    await end.click()
    await alice.page.getByRole('button', { name: 'Sign in' }).waitFor()
    await bob.timeline.getByText('you do not hear me').waitFor({ state: 'detached' })
    await bob.sees('nor you me')
    const { aliceNode } = people()
    await aliceNode.restart()
    const token = encodeURIComponent(loginToken(aliceNode.ready))
    await alice.page.goto('about:blank')
    await alice.page.goto(`${aliceNode.clientUrl}/#/login?loginToken=${token}`)
    await alice.page.getByText('The account of this Hearth was deleted').waitFor()
  })
})
