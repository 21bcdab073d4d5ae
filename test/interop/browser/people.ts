import { expect, test } from 'vitest'
import type { Person } from '../../e2e/browser.ts'
import { look, message, told } from '../../e2e/conversation.ts'
import { pngFile } from '../../e2e/sample-files.ts'
import { download, upload } from '../../harness/process/media.ts'
import type { Scene } from './scene.ts'

const CLIENT = '/_matrix/client/v3'

/** Who means whom, who has read, who is here, and what they are called. */
export function people(scene: () => Scene): void {
  const path = () => `${CLIENT}/rooms/${encodeURIComponent(scene().room)}`
  const sylviaReads = async (eventId: string) =>
    await scene().sylvia.call('POST', `${path()}/receipt/m.read/${encodeURIComponent(eventId)}`, { body: {} })
  const noneUnread = async () => {
    const { sylvia, room } = scene()
    await sylviaReads(sylvia.room(room).timeline.at(-1)?.event_id ?? '')
    await sylvia.waitFor('nothing unread', () => sylvia.room(room).unread.notification_count === 0)
  }
  const readByAlice = (eventId: string) =>
    scene()
      .sylvia.room(scene().room)
      .receipts.some((one) => one.eventId === eventId && one.userId === scene().aliceId)
  const inList = (person: Person, name: RegExp) => person.list('Rooms').getByRole('link', { name })

  test('mentions, counted and marked', async () => {
    const { alice, bob, sylvia, room, aliceId, arrives } = scene()
    await alice.open('Rooms', 'Shed')
    const link = `<a href="https://matrix.to/#/${encodeURIComponent(aliceId)}">Alice</a>`
    await sylvia.sendEvent(room, 'm.room.message', {
      ...{ msgtype: 'm.text', body: 'Alice: come and see' },
      ...{ format: 'org.matrix.custom.html', formatted_body: `${link}: come and see` },
      'm.mentions': { user_ids: [aliceId] },
    })
    await inList(alice, /Garden.*1 unread, you are mentioned/).click()
    const shown = message(alice, 'come and see')
    await shown.getByRole('button', { name: '@Alice' }).waitFor()
    await shown.getByText('You are mentioned').waitFor({ state: 'attached' })
    await message(bob, 'come and see').getByRole('button', { name: '@Alice' }).waitFor()
    expect(await message(bob, 'come and see').getByText('You are mentioned').count()).toBe(0)

    await noneUnread()
    await alice.composer.pressSequentially('Thank you @syl')
    await alice.page.getByRole('option', { name: 'sylvia' }).waitFor()
    await alice.composer.press('Enter')
    await alice.composer.press('Enter')
    const thanks = await arrives('the mention', (event) =>
      String(event.content['body']).startsWith('Thank you'),
    )
    expect(thanks.content['m.mentions']).toEqual({ user_ids: [sylvia.userId] })
    expect(decodeURIComponent(String(thanks.content['formatted_body']))).toContain(
      `matrix.to/#/${sylvia.userId}`,
    )
    await sylvia.waitFor('the highlight', () => sylvia.room(room).unread.highlight_count === 1)
  })

  test('@room means everybody', async () => {
    const { alice, bob, sylvia, room, sylviaSays, arrives } = scene()
    await sylviaSays('@room it rains', { 'm.mentions': { room: true } })
    for (const person of [alice, bob])
      await message(person, 'it rains').getByText('You are mentioned').waitFor({ state: 'attached' })
    await noneUnread()
    await alice.composer.pressSequentially('@roo')
    await alice.page.getByRole('option', { name: /room/ }).waitFor()
    await alice.composer.press('Enter')
    await alice.composer.pressSequentially('it has stopped')
    await alice.composer.press('Enter')
    const call = await arrives('the call', (event) => event.content['body'] === '@room it has stopped')
    expect(call.content['m.mentions']).toEqual({ room: true })
    await sylvia.waitFor('the highlight', () => sylvia.room(room).unread.highlight_count === 1)
    await message(bob, 'it has stopped').getByText('You are mentioned').waitFor({ state: 'attached' })
  })

  test('who has read, and that one may keep it to oneself', async () => {
    const { alice, bob, sylvia, room, sylviaSays, aliceSays } = scene()
    const event = await aliceSays('Who reads this?')
    await sylviaReads(event.event_id)
    for (const person of [alice, bob])
      await message(person, 'Who reads this?')
        .getByRole('button', { name: /^Read by .*sylvia/ })
        .waitFor()
    const seen = await sylviaSays('Read me')
    await sylvia.waitFor('the receipt', () => readByAlice(seen))

    const toggle = async () => {
      const settings = await alice.openSettings('Privacy')
      await settings.getByRole('switch', { name: 'Show others what I have read' }).click()
      await alice.page.keyboard.press('Escape')
      await settings.waitFor({ state: 'detached' })
    }
    await toggle()
    const kept = alice.page.waitForResponse((answer) => answer.url().includes('/receipt/m.read.private/'))
    const quiet = await sylviaSays('Read me quietly')
    expect((await kept).status()).toBe(200)
    await toggle()
    const open = await sylviaSays('Read me openly')
    await sylvia.waitFor('the receipt', () => readByAlice(open))
    expect(readByAlice(quiet)).toBe(false)
    expect(sylvia.room(room).receipts.filter((one) => one.type !== 'm.read')).toEqual([])
  })

  test('who is typing', async () => {
    const { alice, bob, sylvia, room, aliceId } = scene()
    const typing = `${path()}/typing/${encodeURIComponent(sylvia.userId)}`
    await sylvia.call('PUT', typing, { body: { typing: true, timeout: 30_000 } })
    for (const person of [alice, bob]) await person.page.getByText(/^sylvia is typing/).waitFor()
    await sylvia.call('PUT', typing, { body: { typing: false } })
    for (const person of [alice, bob])
      await person.page.getByText(/^sylvia is typing/).waitFor({ state: 'detached' })
    const seen = () => JSON.stringify(sylvia.room(room).ephemeral.get('m.typing') ?? {}).includes(aliceId)
    await alice.composer.pressSequentially('Hm')
    await sylvia.waitFor('typing', seen)
    await alice.composer.fill('')
    await sylvia.waitFor('no longer typing', () => !seen())
  })

  test('who is here', async () => {
    const { alice, sylvia, aliceId } = scene()
    await sylvia.waitFor(
      'the presence',
      () => sylvia.presence.get(aliceId)?.['presence'] === 'online',
      30_000,
    )
    const status = `${CLIENT}/presence/${encodeURIComponent(sylvia.userId)}/status`
    await sylvia.call('PUT', status, { body: { presence: 'online', status_msg: 'among the beans' } })
    await alice.timeline.getByRole('button', { name: 'sylvia', exact: true }).last().click()
    const panel = alice.page.getByRole('complementary', { name: 'Person' })
    await panel.getByText('among the beans').waitFor({ timeout: 30_000 })
    await panel.getByText('Here now').waitFor()
    await alice.page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
  })

  test('name and topic of the room', async () => {
    const { alice, bob, sylvia, room } = scene()
    await sylvia.setState(room, 'm.room.name', { name: 'Orchard' })
    await sylvia.setState(room, 'm.room.topic', { topic: 'Apples only' })
    for (const person of [alice, bob]) {
      await person.page.getByRole('heading', { name: 'Orchard', level: 1 }).waitFor()
      await person.page.getByText('3 members · Apples only').waitFor()
    }
    await alice.page.getByRole('button', { name: 'More', exact: true }).click()
    await alice.page.getByRole('menuitem', { name: 'Room settings' }).click()
    const settings = alice.page.getByRole('dialog', { name: 'Room settings' })
    await settings.getByLabel('Name').fill('Garden')
    await settings.getByLabel('Topic').fill('Beans again')
    await settings.getByRole('button', { name: 'Save' }).click()
    await settings.getByText('Saved', { exact: true }).waitFor()
    await settings.getByRole('button', { name: 'Close' }).click()
    const view = sylvia.room(room)
    await sylvia.waitFor('the name', () => view.stateContent('m.room.name')?.['name'] === 'Garden')
    await sylvia.waitFor('the topic', () => view.stateContent('m.room.topic')?.['topic'] === 'Beans again')
    await bob.page.getByRole('heading', { name: 'Garden', level: 1 }).waitFor()
  })

  test('whoever looks elsewhere is notified', async () => {
    const { alice, sylvia, room } = scene()
    await look(alice, 'away')
    await sylvia.say(room, 'The gate is open')
    await expect.poll(() => told(alice)).toContain('sylvia in Garden: The gate is open')
    await look(alice, 'here')
    await alice.sees('The gate is open')
  })

  test('names and pictures of people', async () => {
    const { alice, bob, sylvia, room, aliceId, sylviaSays, aliceSays } = scene()
    const profile = `${CLIENT}/profile/${encodeURIComponent(sylvia.userId)}`
    const avatar_url = await upload(sylvia, pngFile('me.png', 64, 64).buffer, 'image/png', 'me.png')
    await sylvia.call('PUT', `${profile}/displayname`, { body: { displayname: 'Sylvia Plum' } })
    await sylvia.call('PUT', `${profile}/avatar_url`, { body: { avatar_url } })
    await sylviaSays('See my new name')
    for (const person of [alice, bob]) {
      await person.timeline.getByText('sylvia is now called Sylvia Plum').waitFor()
      const own = person.timeline.getByRole('article', { name: 'Sylvia Plum' })
      await own.filter({ hasText: 'See my new name' }).waitFor()
      // Where what she says begins.
      await own.filter({ hasText: 'Read me' }).first().locator('img').first().waitFor()
    }
    await alice.page.getByRole('button', { name: 'Settings', exact: true }).click()
    const settings = alice.page.getByRole('dialog', { name: 'Settings' })
    await settings.getByLabel('Your name').fill('Alice Pear')
    await settings.getByLabel('Choose a picture').setInputFiles([pngFile('alice.png', 120, 90)])
    await settings.getByRole('button', { name: 'Save', exact: true }).click()
    await settings.waitFor({ state: 'detached' })
    const member = () => sylvia.room(room).stateContent('m.room.member', aliceId)
    await sylvia.waitFor('the name', () => member()?.['displayname'] === 'Alice Pear')
    await sylvia.waitFor('the picture', () => member()?.['avatar_url'] !== undefined)
    const read = await download(sylvia, String(member()?.['avatar_url']))
    expect(read.contentType).toMatch(/^image\//)
    await aliceSays('And mine')
    const shown = bob.timeline.getByRole('article', { name: 'Alice Pear' }).last()
    await shown.getByText('And mine').waitFor()
    await shown.locator('img').first().waitFor()
  })
}
