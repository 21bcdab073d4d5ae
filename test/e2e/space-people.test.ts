import type { Locator } from 'playwright'
import { beforeAll, describe, expect, test } from 'vitest'
import { REGISTRATION_SECRET } from '../harness/process/hearth.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { findBrowser, type Person } from './browser.ts'
import { shownAs, usePeople, type People } from './people.ts'

const executable = findBrowser()

describe.skipIf(executable === undefined)('a space and its people', { timeout: 60_000 }, () => {
  // Carol has an account on Bob's node and no browser: she only asks.
  const people = usePeople({ nodeArgs: ['--registration-shared-secret', REGISTRATION_SECRET] })
  let all: People
  let alice: Person
  let bob: Person
  let carol: MatrixUser

  const heading = (person: Person): Locator => person.page.getByRole('heading', { name: 'Village', level: 1 })
  const members = (person: Person): Locator => person.page.getByRole('complementary', { name: 'Members' })

  async function openSettings(part: string): Promise<Locator> {
    await alice.page.getByRole('button', { name: 'Space settings' }).click()
    const settings = alice.page.getByRole('dialog', { name: 'Space settings' })
    await settings.getByRole('tab', { name: part }).click()
    return settings
  }

  beforeAll(async () => {
    all = people()
    ;({ alice, bob } = all)
    await alice.firstRun(all.aliceNode)
    await bob.firstRun(all.bobNode)
    carol = await MatrixUser.register(all.bobNode, 'carol')
    await carol.call('PUT', `/_matrix/client/v3/profile/${encodeURIComponent(carol.userId)}/displayname`, {
      body: { displayname: 'Carol' },
    })
    await alice
      .list('Nearby')
      .getByRole('button', { name: shownAs(bob, all.bobNode) })
      .waitFor()
    await alice.page.getByRole('button', { name: 'Create room' }).first().click()
    const dialog = alice.page.getByRole('dialog', { name: 'Create a room' })
    await dialog.getByRole('radio', { name: /^Space/ }).check({ force: true })
    await dialog.getByLabel('Name', { exact: true }).fill('Village')
    await dialog.getByRole('button', { name: 'Create space' }).click()
    await heading(alice).waitFor()
    const settings = await openSettings('Access')
    await settings.getByRole('radio', { name: /^People who ask/ }).check()
    await settings.getByRole('button', { name: 'Save', exact: true }).click()
    await settings.getByText('Saved', { exact: true }).waitFor()
    await settings.getByRole('button', { name: 'Close' }).click()
  }, 60_000)

  test('who asks is let in or declined, one by one where they are several', async () => {
    const space = alice.roomId
    await carol.call('POST', `/_matrix/client/v3/knock/${encodeURIComponent(space)}`, {
      query: { via: all.aliceNode.serverName },
      body: { reason: 'I sell beans' },
    })
    await alice.page.getByText('Carol asks to join: “I sell beans”').waitFor()

    await bob.page.getByRole('button', { name: 'Join a room' }).first().click()
    const join = bob.page.getByRole('dialog', { name: 'Join a room' })
    await join.getByLabel('Address').fill(`matrix:roomid/${space.slice(1)}?via=${all.aliceNode.serverName}`)
    await join.getByLabel('Why would you like to join?').fill('I bring cake')
    await join.getByRole('button', { name: 'Ask to join' }).click()

    await alice.page.getByText('Carol and 1 other ask to join').waitFor()
    const fold = (name: string | RegExp) => alice.page.getByRole('button', { name, exact: true })
    await fold(/^Village\s*2 ask to join$/).waitFor()
    await alice.page.getByRole('button', { name: 'Members, 2 ask to join' }).waitFor()
    await alice.page.getByRole('button', { name: 'See requests' }).click()
    await members(alice).getByRole('button', { name: 'Decline that Carol joins' }).click()
    const sure = alice.page.getByRole('dialog', { name: 'Decline that Carol joins?' })
    await sure.getByLabel('Reason').fill('No beans')
    await sure.getByRole('button', { name: 'Decline', exact: true }).click()
    await sure.waitFor({ state: 'detached' })

    await alice.page.getByText('Bob asks to join: “I bring cake”').waitFor()
    await alice.page.keyboard.press('Escape')
    await members(alice).waitFor({ state: 'detached' })
    await alice.page.getByRole('button', { name: 'Let Bob in' }).click()
    await bob.page.getByText('You were let into Village.', { exact: true }).waitFor()
    await bob.page.getByRole('button', { name: 'Browse Village' }).click()
    await heading(bob).waitFor()
    await alice.page.getByText('Space · 2 members').waitFor()
    await alice.page.getByText(/asks? to join/).waitFor({ state: 'detached' })
    await fold('Village').waitFor()
    await alice.page.getByRole('button', { name: 'Members', exact: true }).waitFor()
  })

  test('an upgraded space tells its members where it goes on', async () => {
    const old = bob.roomId
    const browse = bob.page.getByRole('button', { name: 'Browse Village' })
    await browse.click()
    await heading(bob).waitFor({ state: 'detached' })
    const settings = await openSettings('Advanced')
    await settings.getByRole('button', { name: 'Upgrade this space…' }).click()
    const upgrade = alice.page.getByRole('dialog', { name: /^Upgrade Village/ })
    await upgrade.getByRole('button', { name: 'Upgrade', exact: true }).click()
    await upgrade.waitFor({ state: 'detached' })
    await bob.page.getByRole('button', { name: /^Village\s*1 unread$/ }).waitFor()
    await browse.click()
    await bob.page.getByText(/^This space was upgraded and continues in/).waitFor()
    await bob.page.getByRole('button', { name: 'Go there' }).click()
    await bob.page.getByText(/^This space was upgraded/).waitFor({ state: 'detached' })
    await heading(bob).waitFor()
    expect(bob.roomId).toBe(alice.roomId)
    expect(bob.roomId).not.toBe(old)
    // Who has followed has no use for the old one, which was read by being looked at.
    await expect.poll(async () => await browse.count()).toBe(1)
  })

  test('its members are looked at by keyboard, and one of them is removed', async () => {
    await alice.page.getByText('Space · 2 members').waitFor()
    await alice.page.getByRole('button', { name: 'Members', exact: true }).press('Enter')
    await members(alice).getByRole('button', { name: /Bob/ }).press('Enter')
    const person = alice.page.getByRole('complementary', { name: 'Person' })
    // Nobody writes in a space.
    await person.getByRole('button', { name: 'Ban…' }).waitFor()
    expect(await person.getByRole('button', { name: 'Delete messages…' }).count()).toBe(0)
    await person.getByRole('button', { name: 'Remove from the space…' }).press('Enter')
    const kick = alice.page.getByRole('dialog', { name: 'Remove Bob from the space?' })
    await kick.getByLabel('Reason').fill('Crumbs')
    await kick.getByRole('button', { name: 'Remove', exact: true }).click()
    await bob.page.getByText('Alice removed you. The reason: “Crumbs”').waitFor()
    await person.getByText('Not in this space now.').waitFor()
    await person.getByRole('button', { name: 'Back' }).click()
    await members(alice).getByRole('button', { name: /Alice/ }).waitFor()
    expect(await members(alice).getByRole('button', { name: /Bob/ }).count()).toBe(0)
  })

  test('it is reported like a room', async () => {
    await alice.page.getByRole('button', { name: 'More', exact: true }).press('Enter')
    await alice.page.getByRole('menuitem', { name: 'Report space' }).press('Enter')
    const report = alice.page.getByRole('dialog', { name: 'Report the space Village?' })
    await report.getByLabel('Reason').fill('A test')
    await report.getByRole('button', { name: 'Report', exact: true }).click()
    await alice.page.getByText('Thank you. The report is on its way.', { exact: true }).waitFor()
  })
})
