import { expect, test } from 'vitest'
import { choose, message } from '../../e2e/conversation.ts'
import type { Scene } from './scene.ts'

/** What has become of a message, told as it is: through servers that are down, killed and back. */
export function states(scene: () => Scene): void {
  test('a message waits for a Synapse that is down, and is delivered when it is back', async () => {
    const { alice, bob, sylvia, room, triple, sylviaSays } = scene()
    await triple.synapse.stop()
    await alice.say('Said while Synapse sleeps')
    await bob.sees('Said while Synapse sleeps')
    await choose(alice, 'Said while Synapse sleeps', 'Details')
    const delivery = alice.page.getByRole('dialog').getByRole('list', { name: 'Delivery' })
    const row = (serverName: string) => delivery.getByRole('listitem').filter({ hasText: serverName })
    await row(triple.bob.serverName)
      .getByText(/^Delivered to .*Bob/)
      .waitFor()
    await row(triple.synapse.serverName)
      .getByText(/^Waiting for .*Sylvia Plum/)
      .waitFor()
    await triple.synapse.start()
    await sylvia.waitForText(room, 'Said while Synapse sleeps', 45_000)
    await row(triple.synapse.serverName)
      .getByText(/^Delivered to .*Sylvia Plum/)
      .waitFor({ timeout: 45_000 })
    await alice.page.keyboard.press('Escape')
    await message(alice, 'Said while Synapse sleeps').waitFor()
    await sylviaSays('Awake again')
  }, 120_000)

  test('unread counts are the same after the node was killed', async () => {
    const { alice, sylvia, room, aliceId, triple } = scene()
    await alice.open('Rooms', 'Shed')
    await sylvia.say(room, 'First of two')
    const garden = (words: RegExp) => alice.list('Rooms').getByRole('link', { name: words })
    await garden(/Garden.*1 unread/).waitFor()
    await sylvia.sendEvent(room, 'm.room.message', {
      ...{ msgtype: 'm.text', body: 'Second of two, Alice' },
      'm.mentions': { user_ids: [aliceId] },
    })
    await garden(/Garden.*2 unread, you are mentioned/).waitFor()
    await triple.alice.kill()
    await triple.alice.start()
    await alice.page.reload()
    await garden(/Garden.*2 unread, you are mentioned/).click()
    await alice.sees('Second of two, Alice')
    await garden(/Garden.*unread/).waitFor({ state: 'detached' })
  })

  test('what was written while the own node was away is sent when it is back', async () => {
    const { alice, bob, triple, arrivesText } = scene()
    await triple.alice.kill()
    await alice.say('Written in the dark')
    await message(alice, 'Written in the dark').getByText('Waiting to be sent').waitFor({ state: 'attached' })
    await triple.alice.start()
    await arrivesText('Written in the dark')
    await bob.sees('Written in the dark')
  }, 120_000)

  test('a message that failed says why, and is sent again or deleted', async () => {
    const { alice, sylvia, room, aliceSays, arrivesText } = scene()
    const sending = /\/send\/m\.room\.message\//
    await alice.page.route(sending, async (route) => {
      await route.fulfill({ status: 403, json: { errcode: 'M_FORBIDDEN', error: 'You may not say this.' } })
    })
    for (const words of ['Refused at first', 'Refused for good']) {
      await alice.say(words)
      await message(alice, words)
        .getByText(/^Not sent: /)
        .waitFor()
    }
    await alice.page.unroute(sending)
    await message(alice, 'Refused for good').getByRole('button', { name: 'Delete' }).click()
    await alice.timeline.getByText('Refused for good').waitFor({ state: 'detached' })
    await message(alice, 'Refused at first').getByRole('button', { name: 'Retry' }).click()
    await arrivesText('Refused at first')
    await aliceSays('All is well')
    expect(sylvia.room(room).texts()).not.toContain('Refused for good')
  })
}
