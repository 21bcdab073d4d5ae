import { beforeAll, describe, expect, test } from 'vitest'
import { findBrowser, type Person } from './browser.ts'
import { message, recordNotifications, told } from './conversation.ts'
import { meetInRoom, usePeople } from './people.ts'

const executable = findBrowser()

describe.skipIf(executable === undefined)('writing, between two nodes', { timeout: 60_000 }, () => {
  const people = usePeople()
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    ;({ alice, bob } = people())
    await recordNotifications(bob)
    await meetInRoom(people(), 'Garden')
  }, 60_000)

  test('somebody of the other node is found by name, mentioned, and told so', async () => {
    await alice.composer.pressSequentially('Hi @bo')
    await alice.page.getByRole('option', { name: 'Bob' }).waitFor()
    await alice.composer.press('Enter')
    expect(await alice.composer.inputValue()).toBe('Hi @Bob ')
    await alice.composer.pressSequentially('this is **bold** and `code`')
    await alice.composer.press('Enter')
    const shown = message(bob, 'this is bold and code')
    await shown.getByText('You are mentioned').waitFor({ state: 'attached' })
    expect(await shown.locator('strong').innerText()).toBe('bold')
    expect(await shown.locator('code').innerText()).toBe('code')
  })

  test('an edit begins with what was typed, and keeps the mention', async () => {
    await alice.composer.press('ArrowUp')
    expect(await alice.composer.inputValue()).toBe('Hi @Bob this is **bold** and `code`')
    await alice.composer.press('End')
    await alice.composer.pressSequentially(' indeed')
    await alice.composer.press('Enter')
    const shown = message(bob, 'this is bold and code indeed')
    await shown.getByRole('button', { name: '(edited)' }).waitFor()
    await shown.getByText('You are mentioned').waitFor({ state: 'attached' })
  })

  test('an emoji by its shortcode, and by the picker with the keyboard', async () => {
    await alice.composer.pressSequentially('well :tad')
    await alice.page.getByRole('option', { name: ':tada:' }).waitFor()
    await alice.composer.press('Tab')
    expect(await alice.composer.inputValue()).toBe('well 🎉 ')
    await alice.page.getByRole('button', { name: 'Emoji', exact: true }).click()
    await alice.page.getByRole('searchbox', { name: 'Search emoji' }).fill('avocado')
    await alice.page.getByRole('button', { name: 'avocado', exact: true }).waitFor()
    await alice.page.keyboard.press('Enter')
    await alice.composer.press('Enter')
    await message(bob, 'well 🎉 🥑').waitFor()
  })

  test('commands: doing, hiding, a new topic; an unknown one is not sent', async () => {
    await alice.composer.fill('/me waters the *beans*')
    await alice.composer.press('Enter')
    await bob.timeline.getByText('waters the').waitFor()
    await alice.composer.fill('/spoiler the gardener did it')
    await alice.composer.press('Enter')
    await bob.timeline.getByRole('button', { name: /^Hidden words/ }).waitFor()
    await alice.composer.fill('/topic Beans and peas')
    await alice.composer.press('Enter')
    await bob.page.getByText('Beans and peas').first().waitFor()
    await alice.composer.fill('/water')
    await alice.composer.press('Enter')
    await alice.page.getByRole('alert').getByText('There is no command /water.').waitFor()
    expect(await alice.composer.inputValue()).toBe('/water')
    await alice.composer.fill('')
  })

  test('formatted text is pasted as markdown, and taken back by undo', async () => {
    await alice.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await alice.page.evaluate(async () => {
      const part = (type: string, text: string) => ({ [type]: new Blob([text], { type }) })
      const html = '<p>Sow <b>early</b></p><ul><li>beans</li><li>peas</li></ul>'
      await navigator.clipboard.write([
        new ClipboardItem({ ...part('text/html', html), ...part('text/plain', 'Sow early beans peas') }),
      ])
    })
    await alice.composer.press('ControlOrMeta+V')
    expect(await alice.composer.inputValue()).toBe('Sow **early**\n\n- beans\n- peas')
    await alice.composer.press('ControlOrMeta+Z')
    expect(await alice.composer.inputValue()).toBe('')
    await alice.composer.press('ControlOrMeta+Shift+V')
    expect(await alice.composer.inputValue()).toBe('Sow early beans peas')
    await alice.composer.fill('')
  })

  test('a draft and the message it answers are there after a restart of the app, and shown in the list', async () => {
    await bob.say('Who has a spade?')
    await alice.sees('Who has a spade?')
    await message(alice, 'Who has a spade?').hover()
    await message(alice, 'Who has a spade?').getByRole('button', { name: 'Reply', exact: true }).click()
    await alice.composer.fill('I do, but')
    await alice.page.reload()
    await alice.page.getByText('Reply to Bob').waitFor()
    expect(await alice.composer.inputValue()).toBe('I do, but')
    await alice.page.goto(`${people().aliceNode.clientUrl}/#/`)
    await alice.list('Rooms').getByText('Draft: I do, but').waitFor()
    await alice.open('Rooms', 'Garden')
    await alice.composer.press('Enter')
    await message(bob, 'I do, but')
      .getByRole('button', { name: 'In answer to Bob: Who has a spade?' })
      .waitFor()
  })

  test('who looks elsewhere is notified, comes to the message by a click, and is told of it once', async () => {
    await bob.page.reload()
    await bob.page.getByRole('heading', { name: 'Garden', level: 1 }).waitFor()
    await alice.say('Bob is here, and is not told')
    await bob.sees('Bob is here, and is not told')
    await bob.page.evaluate(() => {
      Object.assign(window, { away: true })
      window.dispatchEvent(new Event('blur'))
      window.location.hash = '#/'
    })
    await alice.say('The spade is found')
    await expect.poll(async () => await told(bob)).toEqual(['Alice in Garden: The spade is found'])
    await expect.poll(async () => await bob.page.title()).toBe('(1) Hearth')
    await bob.page.evaluate(() =>
      (Reflect.get(window, 'lastNotification') as EventTarget).dispatchEvent(new Event('click')),
    )
    await bob.sees('The spade is found')
    expect(await told(bob)).toEqual(['Alice in Garden: The spade is found', 'closed'])
  })

  test('in settings: only mentions and chosen words are told, and others do not see what was read', async () => {
    const settings = await bob.openSettings('Notifications')
    // In the rules of the specification, a room of two people is a conversation of two.
    const two = settings.getByRole('group', { name: 'In conversations of two' })
    await two.getByText('Mentions only').click()
    await settings.getByLabel('Tell me when somebody says').fill('pumpkin')
    await settings.getByLabel('Tell me when somebody says').press('Enter')
    await settings.getByRole('list', { name: 'Words' }).getByText('pumpkin').waitFor()
    await expect
      .poll(async () => await two.getByRole('radio', { name: 'Mentions only' }).isChecked())
      .toBe(true)
    await settings.getByRole('tab', { name: 'Privacy' }).click()
    await settings.getByRole('switch', { name: 'Show others what I have read' }).click()
    await bob.page.keyboard.press('Escape')
    const before = (await told(bob)).length
    await bob.page.evaluate(() => {
      window.location.hash = '#/'
    })
    await alice.say('A message as any other')
    await alice.say('The Pumpkin is ripe')
    await expect
      .poll(async () => (await told(bob)).slice(before))
      .toEqual(['Alice in Garden: The Pumpkin is ripe'])
    const receipt = bob.page.waitForRequest((request) => request.url().includes('/receipt/m.read.private/'))
    await bob.page.evaluate(() => Reflect.deleteProperty(window, 'away'))
    await bob.open('Rooms', 'Garden')
    await bob.page.evaluate(() => window.dispatchEvent(new Event('focus')))
    await receipt
  })
})
