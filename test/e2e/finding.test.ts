import type { Locator } from 'playwright'
import { beforeAll, describe, expect, test } from 'vitest'
import { findBrowser, type Person } from './browser.ts'
import { recordNotifications, told } from './conversation.ts'
import { shownAs, usePeople, type People } from './people.ts'

const executable = findBrowser()

describe.skipIf(executable === undefined)('rooms and people are found', { timeout: 60_000 }, () => {
  const people = usePeople()
  let all: People
  let alice: Person
  let bob: Person

  const find = (person: Person): Locator => person.page.getByRole('dialog', { name: 'Find rooms' })

  beforeAll(async () => {
    all = people()
    ;({ alice, bob } = all)
    await recordNotifications(bob)
    await alice.firstRun(all.aliceNode)
    await bob.firstRun(all.bobNode)
    await alice
      .list('Nearby')
      .getByRole('button', { name: shownAs(bob, all.bobNode) })
      .waitFor()
  }, 60_000)

  test("a room in the directory of the other's Hearth is found, looked at and joined", async () => {
    await bob.createRoom('Bakery', 'public')
    await bob.call('PUT', `/directory/list/room/${encodeURIComponent(bob.roomId)}`, {
      visibility: 'public',
    })
    await alice.page.getByRole('button', { name: 'Find rooms' }).first().click()
    await find(alice).getByText('No public rooms').waitFor()
    await find(alice).getByLabel('Whose rooms').selectOption({ value: all.bobNode.serverName })
    await find(alice).getByRole('searchbox').fill('baker')
    await find(alice)
      .getByRole('list', { name: 'Rooms found' })
      .getByRole('button', { name: /^Bakery/ })
      .click()
    await find(alice).getByText('Anyone may join').waitFor()
    await find(alice).getByRole('button', { name: 'Join', exact: true }).click()
    await alice.page.getByRole('heading', { name: 'Bakery', level: 1 }).waitFor()
    await alice.say('Is there still bread?')
    await bob.sees('Is there still bread?')
  })

  test('what is found nowhere, and a server that does not answer, are said in words', async () => {
    await alice.page.getByRole('button', { name: 'Find rooms' }).first().click()
    await find(alice).getByRole('searchbox').fill('no room has this name')
    await find(alice).getByText('Nothing found').waitFor()
    await find(alice).getByLabel('Whose rooms').selectOption({ label: 'Another server…' })
    await find(alice).getByLabel('Name of the server').fill('127.0.0.1:9')
    await find(alice).getByRole('button', { name: 'Show its rooms' }).click()
    await find(alice).getByText('The list could not be fetched').waitFor()
    await alice.page.keyboard.press('Escape')
  })

  test('one asks to come in, and is let in', async () => {
    await bob.page.getByRole('button', { name: 'Create room' }).first().click()
    const dialog = bob.page.getByRole('dialog', { name: 'Create a room' })
    await dialog.getByLabel('Name', { exact: true }).fill('Council')
    await dialog.getByRole('radio', { name: /^People who ask/ }).check()
    await dialog.getByRole('button', { name: 'Create room' }).click()
    await bob.page.getByRole('heading', { name: 'Council', level: 1 }).waitFor()
    const room = bob.roomId
    const link = `matrix:roomid/${room.slice(1)}?via=${all.bobNode.serverName}`
    const row = bob.list('Rooms').getByRole('link', { name: /Council/ })
    await bob.open('Rooms', 'Bakery')

    await alice.page.getByRole('button', { name: 'Join a room' }).first().click()
    const join = alice.page.getByRole('dialog', { name: 'Join a room' })
    await join.getByLabel('Address').fill(link)
    await join.getByText('You may ask to join').waitFor()
    await join.getByLabel('Why would you like to join?').fill('I bring cake')
    await join.getByRole('button', { name: 'Ask to join' }).click()
    const waiting = alice.page.getByRole('list', { name: 'Asked to join' })
    await waiting.getByText('waiting for an answer').waitFor()
    // Told where one looks at something else, until somebody has answered.
    await row.getByText('1 asks to join').waitFor()
    await expect
      .poll(async () => await told(bob))
      .toContain('Alice in Council: Alice asks to join: “I bring cake”')
    await bob.open('Rooms', 'Council')
    await bob.timeline.getByText(/I bring cake/).waitFor()
    await bob.page.getByRole('button', { name: 'Members, 1 asks to join' }).waitFor()
    await row.getByText('1 asks to join').waitFor()
    await expect.poll(async () => (await told(bob)).at(-1)).toBe('closed')
    const aliceId = `@owner:${all.aliceNode.serverName}`
    await bob.call('POST', `/rooms/${encodeURIComponent(room)}/invite`, { user_id: aliceId })
    await alice.page.getByText('You were let into Council.', { exact: true }).waitFor()
    await row.getByText('asks to join').waitFor({ state: 'detached' })
    await bob.page.getByRole('button', { name: 'Members', exact: true }).waitFor()
    await alice.open('Rooms', 'Council')
    await waiting.waitFor({ state: 'detached' })
    await alice.say('Here I am')
    await bob.sees('Here I am')
  })

  test('a space with rooms is made, shared, entered and browsed; its rooms stand under its name', async () => {
    await bob.page.getByRole('button', { name: 'Create room' }).first().click()
    const dialog = bob.page.getByRole('dialog', { name: 'Create a room' })
    await dialog.getByRole('radio', { name: /^Space/ }).check({ force: true })
    await dialog.getByLabel('Name', { exact: true }).fill('Village')
    await dialog.getByRole('radio', { name: /^Everyone/ }).check()
    await dialog.getByRole('button', { name: 'Create space' }).click()
    await bob.page.getByText('No rooms yet').waitFor()

    await bob.page.getByRole('button', { name: 'New room' }).click()
    const inside = bob.page.getByRole('dialog', { name: 'Create a room in Village' })
    await inside.getByLabel('Name', { exact: true }).fill('Well')
    await inside.getByRole('button', { name: 'Create room' }).click()
    await bob.page.getByRole('heading', { name: 'Well', level: 1 }).waitFor()
    await bob.page.getByRole('button', { name: 'Browse Village' }).click()
    await bob.page.getByRole('button', { name: 'Add rooms' }).click()
    const adding = bob.page.getByRole('dialog', { name: 'Add rooms to Village' })
    await adding.getByRole('checkbox', { name: 'Bakery' }).check({ force: true })
    await adding.getByRole('button', { name: 'Add', exact: true }).click()
    const rooms = bob.page.getByRole('list', { name: 'Rooms of Village' })
    await rooms.getByRole('button', { name: /^Bakery/ }).waitFor()
    await bob.page.getByRole('list', { name: 'Village' }).getByRole('link', { name: 'Bakery' }).waitFor()

    await bob.page.getByRole('button', { name: 'Share', exact: true }).click()
    const share = bob.page.getByRole('dialog', { name: 'Share Village' })
    await share.getByRole('img', { name: 'Code to scan with a camera' }).waitFor()
    const link = await share.getByRole('status', { name: 'Web link' }).innerText()
    await bob.page.keyboard.press('Escape')

    await alice.join(link)
    const shown = alice.page.getByRole('list', { name: 'Rooms of Village' })
    await shown.getByRole('button', { name: 'Join: Well' }).click()
    await alice.page.getByRole('heading', { name: 'Well', level: 1 }).waitFor()
    const section = alice.page.getByRole('list', { name: 'Village' })
    await section.getByRole('link', { name: 'Well' }).waitFor()
    await section.getByRole('link', { name: 'Bakery' }).waitFor()
    await alice.page.getByRole('button', { name: 'Village', exact: true }).click()
    await section.getByRole('link', { name: 'Bakery' }).waitFor({ state: 'detached' })

    await bob.page.getByRole('button', { name: 'Take Bakery out of the space' }).click()
    await rooms.getByRole('button', { name: /^Bakery/ }).waitFor({ state: 'detached' })
    await alice.list('Rooms').getByRole('link', { name: 'Bakery' }).waitFor()
  })

  test('people are invited by a few letters of their name', async () => {
    await alice.createRoom('Picnic')
    await alice.page.getByRole('button', { name: 'Invite people' }).first().click()
    const dialog = alice.page.getByRole('dialog', { name: /^Invite people/ })
    await dialog.getByLabel('Name or Matrix id').fill('bo')
    await dialog.getByRole('checkbox', { name: 'Bob' }).check({ force: true })
    await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
    await bob.answerInvitation('Picnic', 'Accept')
    await bob.page.getByRole('heading', { name: 'Picnic', level: 1 }).waitFor()
  })
})
