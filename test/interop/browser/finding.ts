import { expect, test } from 'vitest'
import { message } from '../../e2e/conversation.ts'
import type { Scene } from './scene.ts'

const flashed = 'article[data-flash]'

/** What was said long ago is found again, and comes where it is not loaded. */
export function finding(scene: () => Scene): void {
  test('search, and the way to what it found', async () => {
    const { alice, bob, sylvia, room, sylviaSays, aliceSays } = scene()
    const own = await aliceSays('A marzipan cake by Alice')
    await sylviaSays('The zeppelin lands at noon')
    await Promise.all(Array.from({ length: 59 }, (_, index) => sylvia.say(room, `chatter ${index}`)))
    await sylvia.say(room, 'chatter 59')
    for (const person of [alice, bob]) {
      await person.sees('chatter 59')
      await person.page.reload()
      await person.sees('chatter 59')
      await person.page.getByRole('button', { name: 'Search', exact: true }).click()
      await person.page.getByRole('searchbox', { name: 'Search messages' }).fill('zeppelin')
      await person.page
        .getByRole('list', { name: 'Found messages' })
        .getByRole('button', { name: /The zeppelin lands at noon/ })
        .click()
      await person.timeline.locator(flashed).filter({ hasText: 'The zeppelin lands at noon' }).waitFor()
      await person.page.keyboard.press('Escape')
    }
    const room_events = { search_term: 'marzipan', filter: { rooms: [room] } }
    const body = { search_categories: { room_events } }
    const found = await sylvia.call('POST', '/_matrix/client/v3/search', { body })
    expect(JSON.stringify(found)).toContain(own.event_id)
  })

  test('an answer to what is not loaded quotes it, and leads there', async () => {
    const { alice, bob, room, sylvia } = scene()
    const id = sylvia
      .room(room)
      .timeline.find((event) => event.content['body'] === 'Good morning from Synapse')?.event_id
    for (const person of [alice, bob]) {
      await person.page.reload()
      await person.sees('chatter 59')
      expect(await person.timeline.getByText('Good morning from Synapse').count()).toBe(0)
    }
    await sylvia.sendEvent(room, 'm.room.message', {
      ...{ msgtype: 'm.text', body: 'As I said then' },
      'm.relates_to': { 'm.in_reply_to': { event_id: id } },
    })
    for (const person of [alice, bob]) {
      await message(person, 'As I said then')
        .getByRole('button', { name: 'In answer to Sylvia Plum: Good morning from Synapse' })
        .click()
      await person.timeline.locator(flashed).filter({ hasText: 'Good morning from Synapse' }).waitFor()
      await person.page.getByRole('button', { name: /Jump to latest/ }).click()
      await person.sees('As I said then')
    }
  })

  test('a jump to a date', async () => {
    const { alice, aliceSays } = scene()
    await alice.page.getByRole('button', { name: 'More', exact: true }).click()
    await alice.page.getByRole('menuitem', { name: 'Jump to a date' }).click()
    await alice.page
      .getByRole('dialog', { name: 'Jump to a date' })
      .getByRole('button', { name: 'Jump' })
      .click()
    // The room is of today.
    await alice.timeline.getByText('Alice Pear created this room').waitFor()
    // What one writes from there is seen at the end.
    await aliceSays('Written from the beginning')
  })
}
