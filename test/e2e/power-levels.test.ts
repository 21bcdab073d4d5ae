import type { Locator } from 'playwright'
import { beforeAll, describe, expect, test } from 'vitest'
import { findBrowser, type Person } from './browser.ts'
import { shownAs, usePeople } from './people.ts'

describe.skipIf(findBrowser() === undefined)('who may do what in a room', { timeout: 60_000 }, () => {
  const people = usePeople()
  let alice: Person
  let bob: Person
  let bobId: string
  let aliceId: string

  const dialog = (): Locator => alice.page.getByRole('dialog', { name: 'Room settings', exact: true })
  const saveButton = (): Locator => dialog().getByRole('button', { name: 'Save', exact: true })

  async function openSettings(part: string): Promise<Locator> {
    await alice.page.getByRole('button', { name: 'More', exact: true }).click()
    await alice.page.getByRole('menuitem', { name: 'Room settings' }).click()
    await dialog().getByRole('tab', { name: part }).click()
    return dialog()
  }

  async function saved(): Promise<void> {
    await dialog().getByText('Saved', { exact: true }).waitFor()
    await dialog().getByRole('button', { name: 'Close' }).click()
  }

  const levels = async () => await alice.state('m.room.power_levels')

  beforeAll(async () => {
    const all = people()
    ;({ alice, bob } = all)
    bobId = `@owner:${all.bobNode.serverName}`
    aliceId = `@owner:${all.aliceNode.serverName}`
    await alice.firstRun(all.aliceNode)
    await bob.firstRun(all.bobNode)
    await alice
      .list('Nearby')
      .getByRole('button', { name: shownAs(bob, all.bobNode) })
      .waitFor()
    // Whoever makes a room of a later version has more power than can be given.
    await alice.call('POST', '/createRoom', { name: 'Den', room_version: '11', invite: [bobId] })
    await alice.open('Rooms', 'Den')
    await bob.answerInvitation('Den', 'Accept')
    await alice.page.getByText('2 members').waitFor()
  }, 60_000)

  test('what new members are is chosen, with what follows from it', async () => {
    const settings = await openSettings('Roles')
    await settings.getByText('So are all who have no role of their own: 1 person now.').waitFor()
    await settings.getByLabel('New members are').selectOption('Owner')
    await settings.getByText(/Every member could take the room over\.$/).waitFor()
    await settings.getByLabel('New members are').selectOption('Moderator')
    await settings.getByText(/will be able to remove people, ban people/).waitFor()
    await saveButton().click()
    await saved()
    expect(await levels()).toMatchObject({ users_default: 50, users: { [aliceId]: 100 } })
    await bob.sees('Alice made everybody who has no role a moderator')
  })

  test('a level is typed as a number, and one that an app asked for has a row', async () => {
    const path = `/rooms/${encodeURIComponent(alice.roomId)}/state/m.room.power_levels/`
    const before = await levels()
    const events = { ...(before['events'] as object), 'org.example.game': 20 }
    await alice.call('PUT', path, { ...before, users_default: 0, events })
    const settings = await openSettings('Permissions')
    await settings.getByLabel('Who may invite people').selectOption('Another power level…')
    const number = settings.getByLabel('Who may invite people: power level')
    // Nobody gives more than they have.
    await number.fill('120')
    await number.press('Enter')
    expect(await settings.getByLabel('Who may invite people').inputValue()).toBe('100')
    await settings.getByLabel('Who may invite people').selectOption('Another power level…')
    await number.fill('35')
    await number.press('Enter')
    await settings.getByLabel('Who may send org.example.game').selectOption('Moderators')
    await settings.getByLabel('Who may delete messages of others').selectOption('Everybody')
    await settings.getByText('Every member could delete what others wrote, for everybody.').waitFor()
    await saveButton().click()
    await saved()
    expect(await levels()).toMatchObject({ invite: 35, redact: 0, events: { 'org.example.game': 50 } })
  })

  test('what cannot be taken back is asked about first: giving as much as one has, and giving up one’s own', async () => {
    let settings = await openSettings('Roles')
    const sure = alice.page.getByRole('alertdialog', { name: 'This cannot be taken back' })
    await settings.getByRole('searchbox').fill('bob')
    await settings.getByLabel('Role of Bob').selectOption('Owner')
    await saveButton().click()
    await sure.getByText('Bob will have as much power as you.').waitFor()
    await sure.getByRole('button', { name: 'Cancel' }).click()
    expect(await levels()).toMatchObject({ users: { [aliceId]: 100 } })
    await saveButton().click()
    await sure.getByRole('button', { name: 'Save it' }).click()
    await saved()
    expect(await levels()).toMatchObject({ users: { [aliceId]: 100, [bobId]: 100 } })

    settings = await openSettings('Roles')
    await settings.getByText('They have as much power as you.').waitFor()
    expect(await settings.getByLabel('Role of Bob').isDisabled()).toBe(true)
    await settings.getByLabel('Role of Alice').selectOption('Moderator')
    await saveButton().click()
    await sure.getByText(/^You will have less power than now\. You cannot take this back/).waitFor()
    await sure.getByRole('button', { name: 'Save it' }).click()
    await saved()
    expect(await levels()).toMatchObject({ users: { [aliceId]: 50, [bobId]: 100 } })
    settings = await openSettings('Roles')
    await settings.getByText('Only owners may change this. You are a moderator.').first().waitFor()
    expect(await settings.getByLabel('New members are').isDisabled()).toBe(true)
  })
})
