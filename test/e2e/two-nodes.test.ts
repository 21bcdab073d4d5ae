import { beforeAll, describe, expect, test } from 'vitest'
import type { HearthProcess } from '../harness/process/hearth.ts'
import { findBrowser, launchBrowser, Person } from './browser.ts'
import { shownAs, usePeople } from './people.ts'
import { startHidden } from './start-two.ts'

const executable = findBrowser()

describe.skipIf(executable === undefined)(
  'two people, two nodes, in a real browser',
  { timeout: 60_000 },
  () => {
    const people = usePeople()
    let aliceNode: HearthProcess
    let bobNode: HearthProcess
    let alice: Person
    let bob: Person

    beforeAll(() => {
      ;({ aliceNode, bobNode, alice, bob } = people())
    })

    test('first run asks for a name and then shows who is nearby', async () => {
      await alice.firstRun(aliceNode)
      await bob.firstRun(bobNode)
      await alice
        .list('Nearby')
        .getByRole('button', { name: shownAs(bob, bobNode) })
        .waitFor()
      await bob
        .list('Nearby')
        .getByRole('button', { name: shownAs(alice, aliceNode) })
        .waitFor()
    })

    test('one click on a nearby person begins a direct conversation, both ways', async () => {
      await alice
        .list('Nearby')
        .getByRole('button', { name: shownAs(bob, bobNode) })
        .click()
      await alice.say('Hello Bob')
      await bob.answerInvitation('Alice', 'Accept')
      await bob.sees('Hello Bob')
      await bob.say('Hello Alice')
      await alice.sees('Hello Alice')
      await alice.list('Direct messages').getByRole('link', { name: 'Bob' }).waitFor()
      await bob.list('Direct messages').getByRole('link', { name: 'Alice' }).waitFor()
    })

    test('Shift+Enter makes a line, Enter sends', async () => {
      await alice.composer.fill('first line')
      await alice.composer.press('Shift+Enter')
      await alice.composer.pressSequentially('second line')
      await alice.composer.press('Enter')
      await bob.timeline.getByText('first line').waitFor()
      expect(await bob.timeline.getByText('first line').innerText()).toBe('first line\nsecond line')
    })

    test('a room is made, somebody nearby is invited and accepts, and both talk there', async () => {
      await alice.createRoom('Garden')
      await alice.invite(shownAs(bob, bobNode))
      await bob.answerInvitation('Garden', 'Accept')
      await bob.page.getByRole('heading', { name: 'Garden', level: 1 }).waitFor()
      await alice.say('Who waters the tomatoes?')
      await bob.sees('Who waters the tomatoes?')
      await bob.say('I do')
      await alice.sees('I do')
    })

    test('an invitation is declined, and stays away', async () => {
      await alice.createRoom('Cellar')
      await alice.invite(shownAs(bob, bobNode))
      await bob.answerInvitation('Cellar', 'Decline')
      await alice.timeline.getByText(/declined the invitation/).waitFor()
      await bob.page.reload()
      await bob.list('Rooms').getByRole('link', { name: 'Garden' }).waitFor()
      expect(await bob.page.getByText('Cellar').count()).toBe(0)
    })

    test('a public room is joined by its address, once that is right, and by a link', async () => {
      await alice.createRoom('Market', 'public')
      await alice.nameRoom(`#market:${aliceNode.serverName}`)
      await bob.join(`#nobody-made-this:${aliceNode.serverName}`)
      await bob.page.getByText('There is no room with this address').waitFor()
      await bob.page.keyboard.press('Escape')
      await bob.join(`matrix:r/market:${aliceNode.serverName}`)
      await bob.page.getByRole('heading', { name: 'Market', level: 1 }).waitFor()
      await bob.say('What costs an apple?')
      await alice.sees('What costs an apple?')
    })

    test('a room is left', async () => {
      await alice.open('Rooms', 'Garden')
      await bob.open('Rooms', 'Garden')
      await bob.leaveRoom()
      await bob.list('Rooms').getByRole('link', { name: 'Garden' }).waitFor({ state: 'detached' })
      await alice.timeline.getByText('Bob left').waitFor()
    })

    test('after a reload everything is there again', async () => {
      await alice.page.reload()
      await alice.list('Rooms').getByRole('link', { name: 'Garden' }).waitFor()
      await alice.open('Direct messages', 'Bob')
      await alice.sees('Hello Bob')
      await alice.sees('Hello Alice')
      await alice.open('Rooms', 'Garden')
      await alice.sees('Who waters the tomatoes?')
    })

    test("the other's node is stopped and started again; what was written meanwhile arrives without a reload", async () => {
      await alice.open('Direct messages', 'Bob')
      await bob.open('Direct messages', 'Alice')
      await bobNode.stop()
      await alice.say('Are you there?')
      await alice.say('I shall wait')
      await bobNode.start()
      await bob.sees('Are you there?')
      await bob.sees('I shall wait')
      await bob.say('Here again')
      await alice.sees('Here again')
    })

    test('the own node is restarted in the middle of writing; nothing is lost, nothing comes twice', async () => {
      await aliceNode.stop()
      await alice.say('written while my node is down')
      await aliceNode.start()
      await bob.sees('written while my node is down')
      await alice.say('and after')
      await bob.sees('and after')
      expect(await bob.timeline.getByText('written while my node is down', { exact: true }).count()).toBe(1)
      expect(await alice.timeline.getByText('written while my node is down', { exact: true }).count()).toBe(1)
    })
  },
)

describe.skipIf(executable === undefined)(
  'two nodes on a network that hides them from each other',
  { timeout: 60_000 },
  () => {
    test('one adds the other by the link in its settings, and they talk', async () => {
      const [miaNode, leoNode] = await Promise.all([startHidden(), startHidden()])
      const browser = await launchBrowser(executable ?? '')
      try {
        const mia = await Person.create(browser, 'Mia')
        const leo = await Person.create(browser, 'Leo')
        await mia.firstRun(miaNode)
        await leo.firstRun(leoNode)
        await leo.page.getByText('Nobody is here yet').waitFor()
        const link = await mia.ownLink()
        expect(link).toBe(`hearth://${miaNode.serverName}?at=${miaNode.options.federationListen}`)
        await leo.addByLink(link)
        await leo.list('Nearby').getByRole('button', { name: 'Mia' }).click()
        await leo.say('Found you')
        await mia.answerInvitation('Leo', 'Accept')
        await mia.sees('Found you')
        expect([...mia.faults, ...leo.faults]).toEqual([])
      } finally {
        await browser.close()
        await Promise.all([miaNode.stop(), leoNode.stop()])
      }
    })
  },
)
