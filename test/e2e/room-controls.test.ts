/** What the settings of rooms and the lists around them let people do, by what the servers know afterwards. */
import type { Locator } from 'playwright'
import { beforeAll, describe, expect, test } from 'vitest'
import { findBrowser, type Person } from './browser.ts'
import { meetInRoom, usePeople } from './people.ts'

const KEY = '6yhHGKhCiXTSEN2ksjV7kX/N6rBQZ3Xb+M7LlC6NS+s'
const MANY = 90

describe.skipIf(findBrowser() === undefined)('the controls of a room', { timeout: 60_000 }, () => {
  const people = usePeople({ nodeArgs: ['--no-rate-limits'] })
  let alice: Person
  let bob: Person
  let bobId: string
  let den: string
  let village: string

  const dialog = (): Locator => alice.page.getByRole('dialog', { name: 'Room settings', exact: true })

  async function openSettings(part: string): Promise<Locator> {
    await alice.open('Rooms', 'Den')
    await choose('Room settings')
    await dialog().getByRole('tab', { name: part }).click()
    return dialog()
  }

  async function choose(item: string | RegExp): Promise<void> {
    await alice.page.getByRole('button', { name: 'More', exact: true }).click()
    await alice.page.getByRole('menuitem', { name: item }).click()
  }

  async function save(): Promise<void> {
    await dialog().getByRole('button', { name: 'Save', exact: true }).click()
    await dialog().getByText('Saved', { exact: true }).waitFor()
  }

  const close = async (): Promise<void> => await dialog().getByRole('button', { name: 'Close' }).click()

  async function openPerson(name: RegExp): Promise<Locator> {
    await alice.page.getByRole('button', { name: 'Members', exact: true }).click()
    const members = alice.page.getByRole('complementary', { name: 'Members' })
    await members.getByRole('list', { name: 'Members' }).getByRole('button', { name }).click()
    return alice.page.getByRole('complementary', { name: 'Person' })
  }

  const membership = async (): Promise<unknown> => (await alice.state('m.room.member', bobId))['membership']

  beforeAll(async () => {
    const all = people()
    ;({ alice, bob } = all)
    bobId = `@owner:${all.bobNode.serverName}`
    await meetInRoom(all, 'Den')
    den = alice.roomId
  }, 60_000)

  test('the directory lists the room while the switch is on, and another address is made the main one', async () => {
    const settings = await openSettings('Addresses')
    const listed = async (): Promise<unknown> =>
      (await alice.call('GET', `/directory/list/room/${encodeURIComponent(den)}`))['visibility']
    const directory = settings.getByRole('switch', { name: /^List it in the directory/ })
    await directory.click()
    await expect.poll(listed).toBe('public')
    await directory.click()
    await expect.poll(listed).toBe('private')

    const server = people().aliceNode.serverName
    const rows = settings.getByRole('list', { name: 'Addresses' }).getByRole('listitem')
    for (const [index, name] of ['den', 'cave'].entries()) {
      await settings.getByLabel('Add an address').fill(name)
      await settings.getByLabel('Add an address').press('Enter')
      await rows.nth(index).waitFor()
    }
    await rows.filter({ hasText: '#cave' }).getByRole('button', { name: 'Make main' }).click()
    await rows.filter({ hasText: '#cave' }).getByText('Main address').waitFor()
    expect(await alice.state('m.room.canonical_alias')).toEqual({
      alias: `#cave:${server}`,
      alt_aliases: [`#den:${server}`],
    })
    await close()
  })

  test('a space is made for people who ask, and its members may come into the room', async () => {
    await alice.page.getByRole('button', { name: 'Create room' }).first().click()
    const create = alice.page.getByRole('dialog', { name: 'Create a room' })
    await create.getByRole('radio', { name: /^People who ask/ }).check()
    await create.getByRole('radio', { name: /^Space/ }).check({ force: true })
    await create.getByText('Somebody in the space lets them in.').waitFor()
    await create.getByLabel('Name', { exact: true }).fill('Village')
    await create.getByRole('button', { name: 'Create space' }).click()
    await alice.page.getByRole('heading', { name: 'Village', level: 1 }).waitFor()
    village = alice.roomId
    expect(await alice.state('m.room.join_rules')).toEqual({ join_rule: 'knock' })

    const settings = await openSettings('Access')
    await settings.getByRole('radio', { name: /^Members of a space or room/ }).check()
    await settings.getByText('Until you choose one, only invited people come in.').waitFor()
    await settings.getByRole('checkbox', { name: /Village/ }).check()
    await settings.getByRole('switch', { name: 'Others may ask to join' }).click()
    await save()
    await close()
    expect(await alice.state('m.room.join_rules')).toEqual({
      join_rule: 'knock_restricted',
      allow: [{ type: 'm.room_membership', room_id: village }],
    })
  })

  test('a policy server is chosen with its key, is asked about what is sent, and is taken out again', async () => {
    const server = people().bobNode.serverName
    const settings = await openSettings('Servers')
    const policy = settings.getByRole('region', { name: 'Policy server' })
    await policy.getByLabel('Name of the server').fill(people().aliceNode.serverName)
    await policy.getByLabel('Its public key').fill('not a key')
    await policy.getByRole('button', { name: 'Choose this server' }).click()
    await policy.getByText(/^Your own Hearth is no policy server/).waitFor()
    await policy.getByText(/^This is not a key/).waitFor()
    await policy.getByLabel('Name of the server').fill(server)
    await policy.getByLabel('Its public key').fill(`${KEY}=`)
    await policy.getByRole('button', { name: 'Choose this server' }).click()
    await policy.getByText(/^Is asked about everything/).waitFor()
    await policy.getByText(/While it does not answer, nobody can send anything/).waitFor()
    await save()
    expect(await alice.state('m.room.policy')).toEqual({ via: server, public_keys: { ed25519: KEY } })
    await close()
    // Bob's Hearth is none that signs; Alice reads so.
    await alice.composer.fill('Is this allowed?')
    await alice.composer.press('Enter')
    await alice.timeline.getByText(/is the policy server of this room, but/).waitFor()

    await openSettings('Servers')
    await policy.getByRole('button', { name: `Do not ask ${server} any more` }).click()
    await save()
    expect(await alice.state('m.room.policy')).toEqual({})
    await close()
    await alice.timeline.getByRole('button', { name: 'Retry' }).click()
    await bob.open('Rooms', 'Den')
    await bob.sees('Is this allowed?')
  })

  test('a request to join is taken back', async () => {
    await alice.page.getByRole('button', { name: 'Browse Village' }).click()
    await alice.page.getByRole('heading', { name: 'Village', level: 1 }).waitFor()
    await bob.page.getByRole('button', { name: 'Join a room' }).first().click()
    const join = bob.page.getByRole('dialog', { name: 'Join a room' })
    const link = `matrix:roomid/${village.slice(1)}?via=${people().aliceNode.serverName}`
    await join.getByLabel('Address').fill(link)
    await join.getByRole('button', { name: 'Ask to join' }).click()
    await alice.page.getByRole('button', { name: 'Members, 1 asks to join' }).waitFor()
    expect(await membership()).toBe('knock')
    const waiting = bob.page.getByRole('list', { name: 'Asked to join' }).getByRole('listitem')
    await waiting.getByRole('button', { name: 'Take back' }).click()
    await waiting.waitFor({ state: 'detached' })
    await alice.page.getByRole('button', { name: 'Members', exact: true }).waitFor()
    expect(await membership()).toBe('leave')
  })

  test('an invitation is taken back', async () => {
    await alice.createRoom('Attic')
    await alice.invite(/Bob/)
    const card = bob.list('Invitations').getByRole('listitem').filter({ hasText: 'Attic' })
    await card.waitFor()
    const person = await openPerson(/Bob/)
    await person.getByRole('button', { name: 'Take back the invitation…' }).click()
    const sure = alice.page.getByRole('dialog', { name: 'Take back the invitation of Bob?' })
    await sure.getByRole('button', { name: 'Take back', exact: true }).click()
    await card.waitFor({ state: 'detached' })
    expect(await membership()).toBe('leave')
    await person.getByRole('button', { name: 'Close person' }).click()
  })

  test('a room and a person are reported to whoever runs the Hearth', async () => {
    await alice.open('Rooms', 'Den')
    async function report(title: string, reason: string): Promise<void> {
      const asked = alice.page.getByRole('dialog', { name: title })
      await asked.getByLabel('Reason').fill(reason)
      await asked.getByRole('button', { name: 'Report', exact: true }).click()
      await asked.waitFor({ state: 'detached' })
    }
    await choose('Report room')
    await report('Report the room Den?', 'The room')
    const person = await openPerson(/Bob/)
    await person.getByRole('button', { name: 'Report…' }).click()
    await report('Report Bob?', 'The person')
    await person.getByRole('button', { name: 'Close person' }).click()
    const { reports } = await alice.call('GET', '/_hearth/v1/reports')
    expect(reports).toMatchObject([
      { reason: 'The person', user: { user_id: bobId } },
      { reason: 'The room', room: { room_id: den } },
    ])
  })

  test('what is further back comes when one scrolls there, and all of it', async () => {
    const say = async (id: string, body: string): Promise<unknown> =>
      await alice.call('PUT', `/rooms/${encodeURIComponent(den)}/send/m.room.message/${id}`, {
        msgtype: 'm.text',
        body,
      })
    await say('first', 'First step')
    // Tall ones: what is loaded ahead is measured by height.
    for (let count = 0; count < MANY; count++) await say(`step${count}`, `Step ${count}\n`.repeat(8))
    await say('last', 'Last step')
    await alice.page.reload()
    await alice.sees('Last step')
    let pages = 0
    alice.page.on('request', (request) => {
      if (/\/rooms\/[^/]+\/messages\?/.test(request.url())) pages += 1
    })
    await alice.timeline.hover()
    const first = alice.timeline.getByText('First step', { exact: true })
    await expect
      .poll(
        async () => {
          await alice.page.mouse.wheel(0, -1_500)
          return await first.isVisible()
        },
        { timeout: 30_000 },
      )
      .toBe(true)
    expect(pages).toBeGreaterThan(0)
  })

  test('who leaves and forgets a room has nothing of it any more', async () => {
    const messages = `/rooms/${encodeURIComponent(den)}/messages?dir=b`
    await bob.call('GET', messages)
    await bob.page.getByRole('button', { name: 'More', exact: true }).click()
    await bob.page.getByRole('menuitem', { name: /^Leave/ }).click()
    const leave = bob.page.getByRole('dialog', { name: /^Leave/ })
    await leave.getByRole('radio', { name: /^Forget it/ }).check()
    await leave.getByRole('button', { name: 'Leave', exact: true }).click()
    await leave.waitFor({ state: 'detached' })
    await expect.poll(membership).toBe('leave')
    await expect(bob.call('GET', messages)).rejects.toThrow('403')
    const left = await bob.openSettings('Rooms you left')
    await left.getByText('Den').waitFor({ state: 'detached' })
  })
})
