import { expect, test } from 'vitest'
import { choose, message } from '../../e2e/conversation.ts'
import type { Scene } from './scene.ts'

export function threads(scene: () => Scene): void {
  test('threads: summary, unread, panel, and what is written there', async () => {
    const { alice, bob, sylvia, room, sylviaSays, aliceSays, arrivesText } = scene()
    const inThread = (root: string, body: string) => ({
      ...{ msgtype: 'm.text', body },
      'm.relates_to': {
        ...{ rel_type: 'm.thread', event_id: root, is_falling_back: true },
        'm.in_reply_to': { event_id: root },
      },
    })
    const root = await aliceSays('How deep is the pond?')
    await sylvia.sendEvent(room, 'm.room.message', inThread(root.event_id, 'Two metres'))
    for (const person of [alice, bob]) {
      const summary = message(person, 'How deep is the pond?').getByRole('button', {
        name: /1 reply.*sylvia: Two metres/,
      })
      await summary.getByText('1 new reply').waitFor({ state: 'attached' })
      await summary.click()
      const panel = person.page.getByRole('complementary', { name: 'Thread' })
      await panel.getByRole('log').getByText('Two metres').waitFor()
      await summary.getByText('1 new reply').waitFor({ state: 'detached' })
    }
    const panel = alice.page.getByRole('complementary', { name: 'Thread' })
    const field = panel.getByRole('textbox', { name: 'Message in thread' })
    await field.fill('Rather three')
    await field.press('Enter')
    const reply = await arrivesText('Rather three')
    expect(reply.content['m.relates_to']).toMatchObject({ rel_type: 'm.thread', event_id: root.event_id })
    await bob.page
      .getByRole('complementary', { name: 'Thread' })
      .getByText('Rather three', { exact: true })
      .waitFor()
    await expect.poll(() => sylvia.room(room).unreadThreads[root.event_id]?.notification_count).toBe(1)
    for (const person of [alice, bob])
      await person.page.getByRole('button', { name: /^Close thread/ }).click()

    const id = await sylviaSays('And the lake?')
    await choose(alice, 'And the lake?', 'Reply in thread')
    await field.fill('Ten')
    await field.press('Enter')
    const started = await arrivesText('Ten')
    expect(started.content['m.relates_to']).toMatchObject({ rel_type: 'm.thread', event_id: id })
    await message(bob, 'And the lake?')
      .getByRole('button', { name: /1 reply.*Alice: Ten/ })
      .waitFor()
    await alice.page.getByRole('button', { name: 'Threads', exact: true }).click()
    const list = alice.page.getByRole('list', { name: 'Threads' })
    await list.getByRole('button', { name: /And the lake\?/ }).waitFor()
    await list.getByRole('button', { name: /How deep is the pond\?/ }).waitFor()
    await alice.page.getByRole('button', { name: /^Close thread/ }).click()
  })
}
