/* What somebody sees in the inspector who looks why a message does not arrive: the peer, its queue, the way to it. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { HearthProcess } from '../harness/process/hearth.ts'
import { findBrowser, type Person } from './browser.ts'
import { meetInRoom, shownAs, usePeople } from './people.ts'

describe.skipIf(findBrowser() === undefined)('peers and queues in the inspector', () => {
  const people = usePeople()
  let bobNode: HearthProcess
  let alice: Person
  let bob: Person
  /** Bob, or his computer as long as his name is not known. */
  let known: RegExp

  beforeAll(async () => {
    await meetInRoom(people(), 'Harbour')
    ;({ alice, bob, bobNode } = people())
    known = shownAs(bob, bobNode)
    await alice.say('Are you there?')
    await bob.sees('Are you there?')
  }, 60_000)

  const view = async (name: string): Promise<void> => {
    await alice.page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name }).click()
  }

  test('a peer is found by keyboard alone, with its round trip and how it was recognised', async () => {
    await alice.page.getByRole('button', { name: 'Inspector' }).click()
    await view('Peers')
    const table = alice.page.getByRole('grid', { name: 'Servers' })
    const row = table.getByRole('row', { name: known })
    await row.getByText('Answers').waitFor()
    await row.focus()
    await alice.page.keyboard.press('Enter')
    const panel = alice.page.getByRole('complementary', { name: known })
    await panel.getByText('The certificate is signed by the key that is the server’s name.').waitFor()
    await panel.getByRole('button', { name: 'Measure now' }).click()
    await panel.getByText(/4 round trips: [\d.]+ ms/).waitFor()
    await panel.getByRole('list', { name: 'History' }).getByText('Answers').first().waitFor()
  })

  test('a peer that goes down: its queue counts down and says why, and is empty after "retry now"', async () => {
    await bobNode.kill()
    await alice.list('Rooms').getByText('Harbour').click()
    await alice.say('Into the dark')
    await alice.page.getByRole('button', { name: 'Inspector' }).click()
    await view('Queues')
    const row = alice.page.getByRole('grid', { name: 'Queues' }).getByRole('row', { name: known })
    await row.getByText('1 event').waitFor()
    await row.click()
    const panel = alice.page.getByRole('complementary', { name: known })
    await panel.getByText('The other server cannot be reached.').first().waitFor()
    await panel.getByRole('list', { name: 'Rooms with something waiting' }).getByText('Harbour').waitFor()
    await panel.getByRole('list', { name: 'Events that wait' }).getByText('m.room.message').waitFor()
    // It goes down second by second.
    const left = async (): Promise<number> =>
      Number(/in (\d+) s/.exec(await panel.getByRole('timer').innerText())?.[1] ?? Number.NaN)
    await expect.poll(left, { timeout: 15_000 }).toBeGreaterThan(2)
    const before = await left()
    await expect.poll(left, { timeout: 5_000 }).toBeLessThan(before)

    await panel.getByRole('button', { name: 'Retry now' }).click()
    await panel.locator('output').getByText('The other server cannot be reached.').waitFor()

    await bobNode.start()
    const retry = panel.getByRole('button', { name: 'Retry now' })
    // It may have been heard of by itself in between.
    if (await retry.isVisible()) await retry.click().catch(() => undefined)
    await panel.getByText('Nothing waits for that server.').first().waitFor()
    await alice.page.getByText('Everything has arrived').waitFor()
    await bob.page.reload()
    await bob.sees('Into the dark')
  }, 60_000)

  test('the tester tells each step of the way to it, and of one that does not exist', async () => {
    await alice.page.getByRole('link', { name: 'Test this server' }).click()
    const result = alice.page.getByRole('region', { name: `Test of ${bobNode.serverName}` })
    await result.getByText('Reached, all is well').waitFor()
    const steps = result.getByRole('list', { name: 'Steps' }).getByRole('heading')
    expect(await steps.count()).toBe(9)
    await alice.page.getByLabel('Server name').fill('nobody.invalid')
    await alice.page.getByRole('button', { name: 'Test', exact: true }).click()
    const other = alice.page.getByRole('region', { name: 'Test of nobody.invalid' })
    await other.getByText('Not reached').waitFor()
    await other.getByText('Is the name spelt right?').waitFor()
    const past = alice.page.getByRole('complementary', { name: 'Earlier tests' })
    await past.getByRole('button', { name: known }).click()
    await result.getByText('Reached, all is well').waitFor()
  }, 40_000)
})
