import type { Locator } from 'playwright'
import { beforeAll, describe, expect, test } from 'vitest'
import { findBrowser, type Person } from './browser.ts'
import { choose, message } from './conversation.ts'
import { meetInRoom, usePeople } from './people.ts'

const executable = findBrowser()

describe.skipIf(executable === undefined)('a room is kept in order', { timeout: 60_000 }, () => {
  const people = usePeople()
  let alice: Person
  let bob: Person

  const dialog = (person: Person): Locator =>
    person.page.getByRole('dialog', { name: 'Room settings', exact: true })

  async function openSettings(person: Person, part?: string): Promise<Locator> {
    await person.page.getByRole('button', { name: 'More', exact: true }).click()
    await person.page.getByRole('menuitem', { name: 'Room settings' }).click()
    if (part !== undefined) await dialog(person).getByRole('tab', { name: part }).click()
    return dialog(person)
  }

  async function save(settings: Locator): Promise<void> {
    await settings.getByRole('button', { name: 'Save', exact: true }).click()
    await settings.getByText('Saved', { exact: true }).waitFor()
  }

  async function openPerson(person: Person, name: RegExp): Promise<Locator> {
    const members = person.page.getByRole('complementary', { name: 'Members' })
    if (!(await members.isVisible()))
      await person.page.getByRole('button', { name: 'Members', exact: true }).click()
    await members.getByRole('list', { name: 'Members' }).getByRole('button', { name }).click()
    return person.page.getByRole('complementary', { name: 'Person' })
  }

  beforeAll(async () => {
    const all = people()
    ;({ alice, bob } = all)
    await meetInRoom(all, 'Den')
  }, 60_000)

  test('name, picture, access and rights are changed together, and told to the other in words', async () => {
    const settings = await openSettings(alice)
    await settings.getByLabel('Name', { exact: true }).fill('Garden')
    await settings.getByLabel('Topic').fill('Beans')
    await settings.getByLabel('Choose a picture').setInputFiles({
      name: 'dot.png',
      mimeType: 'image/png',
      buffer: Buffer.from(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
        'base64',
      ),
    })
    // By keyboard: the parts are tabs, of which one is in the order of Tab.
    await settings.getByRole('tab', { name: 'General' }).press('ArrowDown')
    await settings.getByRole('radio', { name: /^People who ask/ }).check()
    await settings.getByRole('radio', { name: /^From when they joined/ }).check()
    await settings.getByRole('tab', { name: 'Roles' }).click()
    await settings.getByRole('searchbox').fill('bob')
    await settings.getByLabel('Role of Bob').selectOption('Moderator')
    await settings.getByText(/^They will be able to remove people/).waitFor()
    await settings.getByRole('tab', { name: 'Permissions' }).click()
    await settings.getByLabel('Who may invite people').selectOption('Moderators')
    await settings.getByText('7 changes are not saved').waitFor()
    await save(settings)
    await settings.getByRole('button', { name: 'Close' }).click()

    await bob.page.getByRole('heading', { name: 'Garden', level: 1 }).waitFor()
    await bob.page.getByText('2 members · Beans').waitFor()
    for (const words of [
      'Alice made the room for people who ask to join',
      'Alice let new members read from their joining on',
      'Alice made Bob a moderator and changed who may invite people',
    ])
      await bob.sees(words)
  })

  test('what is not saved is asked about; what another changes meanwhile is not overwritten', async () => {
    const settings = await openSettings(alice)
    await settings.getByLabel('Topic').fill('Peas')
    await alice.page.keyboard.press('Escape')
    const sure = alice.page.getByRole('alertdialog', { name: 'Close without saving?' })
    await sure.getByRole('button', { name: 'Cancel' }).click()

    const others = await openSettings(bob)
    await others.getByLabel('Topic').fill('Carrots')
    await save(others)
    await others.getByRole('button', { name: 'Close' }).click()

    await settings.getByText('Somebody else changed the topic meanwhile to “Carrots”.').waitFor()
    expect(await settings.getByRole('button', { name: 'Save', exact: true }).isDisabled()).toBe(true)
    await settings.getByRole('button', { name: 'Keep mine' }).click()
    await save(settings)
    await settings.getByRole('button', { name: 'Close' }).click()
    await bob.page.getByText('2 members · Peas').waitFor()
  })

  test('a moderator reads what they may not change, and why; owners are above them', async () => {
    const settings = await openSettings(bob, 'Permissions')
    await settings.getByText('Only owners may change this. You are a moderator.').waitFor()
    expect(await settings.getByLabel('Who may ban people').isDisabled()).toBe(true)
    await settings.getByRole('button', { name: 'Close' }).click()
    const panel = await openPerson(bob, /Alice/)
    await panel.getByRole('button', { name: 'Ignore' }).waitFor()
    expect(await panel.getByRole('button', { name: 'Ban…' }).count()).toBe(0)
    await panel.getByRole('button', { name: 'Close person' }).click()
  })

  test('an address is added, made main, and leads there; a server is shut out and not one’s own', async () => {
    const settings = await openSettings(alice, 'Addresses')
    await settings.getByLabel('Add an address').fill('garden')
    await settings.getByLabel('Add an address').press('Enter')
    await settings.getByText('Main address').waitFor()
    await bob.sees(`Alice made #garden:${people().aliceNode.serverName.slice(0, 8)}….local the main address`)
    await settings.getByRole('tab', { name: 'Servers' }).click()
    await settings.getByLabel('Shut out a server').fill('*.local')
    await settings.getByLabel('Shut out a server').press('Enter')
    await settings.getByText(/your own Hearth/).waitFor()
    await settings.getByLabel('Shut out a server').fill('spam.example')
    await settings.getByLabel('Shut out a server').press('Enter')
    await save(settings)
    await settings.getByRole('button', { name: 'Close' }).click()
    await bob.sees('Alice shut out the server spam.example')
  })

  test('a message is reported: it waits for the owner, who is told, opens it and dismisses it', async () => {
    await bob.say('Buy my beans')
    await alice.sees('Buy my beans')
    await choose(alice, 'Buy my beans', 'Report')
    const report = alice.page.getByRole('dialog', { name: /^Report this message of Bob/ })
    await report.getByLabel('Reason').fill('Advertisement')
    await report.getByRole('button', { name: 'Report', exact: true }).click()
    await alice.page.getByText('Thank you. The report is on its way.').first().waitFor()

    await alice.page.getByRole('button', { name: 'Settings, 1 new report' }).waitFor()
    const reports = await alice.openSettings('Reports')
    const card = reports.getByRole('list', { name: 'Reports' }).getByRole('listitem')
    await card.getByText(/^Alice reported a message of Bob/).waitFor()
    await card.getByText('“Advertisement”').waitFor()
    await card.getByText('Buy my beans').waitFor()
    await card.getByText(`whoever runs the Hearth ${people().bobNode.serverName.slice(0, 8)}`).waitFor()
    // Seen is not dismissed.
    await alice.page.getByRole('button', { name: 'Settings', exact: true, includeHidden: true }).waitFor()
    await card.getByRole('button', { name: /^Open: / }).click()
    await reports.waitFor({ state: 'detached' })
    await message(alice, 'Buy my beans').waitFor()
    await alice.openSettings('Reports')
    await card.getByRole('button', { name: /^Dismiss: / }).click()
    await reports.getByText('Nothing was reported').waitFor()
    await reports.getByRole('button', { name: 'Close' }).click()
  })

  test('somebody is ignored, and their messages deleted', async () => {
    await alice.sees('Buy my beans')
    const panel = await openPerson(alice, /Bob/)
    await panel.getByRole('button', { name: 'Ignore', exact: true }).click()
    await alice.timeline.getByText('Buy my beans').waitFor({ state: 'detached' })
    await panel.getByRole('button', { name: 'Stop ignoring' }).click()
    await alice.sees('Buy my beans')

    await panel.getByRole('button', { name: 'Delete messages…' }).click()
    const redact = alice.page.getByRole('dialog', { name: /^Delete messages of Bob/ })
    await redact.getByRole('button', { name: 'Delete', exact: true }).click()
    await redact.waitFor({ state: 'detached' })
    await bob.timeline.getByText('Buy my beans').waitFor({ state: 'detached' })
  })

  test('removed with a reason, asking to come in again, declined, banned and let in', async () => {
    const panel = await openPerson(alice, /Bob/)
    await panel.getByRole('button', { name: 'Remove from the room…' }).click()
    const kick = alice.page.getByRole('dialog', { name: /^Remove Bob/ })
    await kick.getByLabel('Reason').fill('Calm down')
    await kick.getByRole('button', { name: 'Remove', exact: true }).click()
    await bob.page.getByText('Alice removed you. The reason: “Calm down”').waitFor()

    await panel.getByRole('button', { name: 'Ban…' }).click()
    const ban = alice.page.getByRole('dialog', { name: /^Ban Bob/ })
    await ban.getByRole('button', { name: 'Ban', exact: true }).click()
    await panel.getByText('Banned by Alice.').waitFor()
    await panel.getByRole('button', { name: 'Lift the ban…' }).click()
    const lift = alice.page.getByRole('dialog', { name: /^Lift the ban of Bob/ })
    await lift.getByLabel('Reason').fill('One more chance')
    await lift.getByRole('button', { name: 'Lift the ban', exact: true }).click()
    await alice.sees('Alice lifted the ban of Bob: “One more chance”')
    await panel.getByRole('button', { name: 'Close person' }).click()

    await bob.call('POST', `/knock/${encodeURIComponent(bob.roomId)}?via=${people().aliceNode.serverName}`, {
      reason: 'I am calm',
    })
    await alice.sees('Bob asks to join: “I am calm”')
    await alice.page.getByRole('button', { name: 'Let Bob in' }).click()
    await bob.page.getByRole('heading', { name: 'Garden', level: 1 }).waitFor()
    await alice.sees('Alice agreed that Bob joins')
    await alice.page.getByText('2 members · Peas').waitFor()
  })

  test('an upgrade leads everybody to the new room', async () => {
    const settings = await openSettings(alice, 'Advanced')
    await settings.getByRole('button', { name: /^Upgrade this room/ }).click()
    const upgrade = alice.page.getByRole('dialog', { name: /^Upgrade Garden/ })
    await upgrade.getByRole('checkbox', { name: 'Bob' }).check({ force: true })
    const forever = upgrade.getByText('Nobody can ever take this away from them again, not even you.')
    await forever.waitFor()
    // A version that has no creators asks for none.
    const newest = await upgrade.getByRole('combobox').inputValue()
    await upgrade.getByRole('combobox').selectOption('11')
    await upgrade.getByRole('checkbox', { name: 'Bob' }).waitFor({ state: 'detached' })
    await upgrade.getByRole('combobox').selectOption(newest)
    await upgrade.getByRole('checkbox', { name: 'Bob' }).uncheck({ force: true })
    await forever.waitFor({ state: 'detached' })
    await upgrade.getByRole('button', { name: 'Upgrade' }).click()
    await alice.page.getByText('Alice created this room to replace an earlier one').waitFor()
    await bob.page.getByText('This room was upgraded and continues in').waitFor()
    await bob.page.getByRole('button', { name: 'Go there' }).click()
    await bob.page.getByText('Alice created this room to replace an earlier one').waitFor()
    await bob.say('Here I am')
    await alice.sees('Here I am')
    expect(
      await bob
        .list('Rooms')
        .getByRole('link', { name: /Garden/ })
        .count(),
    ).toBe(1)
  })

  test('the last owner is warned; who leaves finds the room again, or forgets it', async () => {
    await alice.page.getByRole('button', { name: 'More', exact: true }).click()
    await alice.page.getByRole('menuitem', { name: /^Leave/ }).click()
    await alice.page.getByText(/^You are the only one who can change roles/).waitFor()
    await alice.page.getByRole('button', { name: 'Make somebody else an owner first' }).click()
    await dialog(alice).getByRole('list', { name: 'People with a role' }).waitFor()
    await dialog(alice).getByRole('button', { name: 'Close' }).click()

    await bob.leaveRoom()
    const left = await bob.openSettings('Rooms you left')
    const row = left
      .getByRole('list', { name: 'Rooms you left' })
      .getByRole('listitem')
      .filter({ hasText: 'Garden' })
    await row.getByText(/^You left/).waitFor()
    await row.getByRole('button', { name: 'Read' }).click()
    const history = bob.page.getByRole('dialog', { name: 'Garden' })
    await history.getByText('Here I am').waitFor()
    await history.getByRole('button', { name: 'Close' }).click()
    await row.getByRole('button', { name: 'Forget Garden' }).click()
    await row.waitFor({ state: 'detached' })
    await left.getByRole('button', { name: 'Close' }).first().click()

    await alice.page.getByRole('button', { name: 'More', exact: true }).click()
    await alice.page.getByRole('menuitem', { name: /^Leave/ }).click()
    const leave = alice.page.getByRole('dialog', { name: /^Leave/ })
    await leave.getByText('You are the last one here. When you leave, nobody can come back.').waitFor()
    await leave.getByRole('radio', { name: /^Delete it from this computer/ }).check()
    await leave.getByRole('switch', { name: 'Delete what I wrote for everybody' }).click()
    await leave.getByRole('button', { name: 'Leave and delete' }).click()
    await alice.page.getByRole('heading', { name: 'Pull up a chair' }).waitFor()
  })
})
