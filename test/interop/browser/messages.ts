import { expect, test } from 'vitest'
import { choose, message } from '../../e2e/conversation.ts'
import type { Scene } from './scene.ts'

const inReplyTo = (eventId: string) => ({ 'm.relates_to': { 'm.in_reply_to': { event_id: eventId } } })
const formatted = (html: string) => ({ format: 'org.matrix.custom.html', formatted_body: html })

/** What is said, changed, deleted, answered and reacted to. */
export function messages(scene: () => Scene): void {
  test('messages, with who says them', async () => {
    const { alice, bob, sylvia, sylviaSays, aliceSays } = scene()
    await sylviaSays('Good morning from Synapse')
    for (const person of [alice, bob])
      await person.timeline
        .getByRole('article', { name: 'sylvia' })
        .filter({ hasText: 'Good morning from Synapse' })
        .waitFor()
    const event = await aliceSays('Good morning from Hearth')
    expect(event.content).toMatchObject({ msgtype: 'm.text', body: 'Good morning from Hearth' })
    expect(sylvia.room(scene().room).repeated).toEqual([])
  })

  test('edits, and their earlier versions', async () => {
    const { alice, bob, sylvia, room, aliceId, arrives, sylviaSays, aliceSays } = scene()
    const id = await sylviaSays('Meet at sevn')
    await sylvia.sendEvent(room, 'm.room.message', {
      ...{ msgtype: 'm.text', body: '* Meet at seven' },
      'm.new_content': { msgtype: 'm.text', body: 'Meet at seven' },
      'm.relates_to': { rel_type: 'm.replace', event_id: id },
    })
    for (const person of [alice, bob]) {
      await message(person, 'Meet at seven').getByRole('button', { name: '(edited)' }).click()
      const versions = person.page.getByRole('dialog', { name: 'Earlier versions' })
      await versions.getByText('Meet at sevn', { exact: true }).waitFor()
      await person.page.keyboard.press('Escape')
      await versions.waitFor({ state: 'detached' })
    }
    const original = await aliceSays('At the bridg')
    await alice.composer.press('ArrowUp')
    await alice.composer.fill('At the bridge')
    await alice.composer.press('Enter')
    const edit = await arrives(
      'the edit',
      (event) => event.content['m.new_content'] !== undefined && event.sender === aliceId,
    )
    expect(edit.content['m.new_content']).toMatchObject({ msgtype: 'm.text', body: 'At the bridge' })
    expect(edit.content['m.relates_to']).toEqual({ rel_type: 'm.replace', event_id: original.event_id })
    await message(bob, 'At the bridge').getByRole('button', { name: '(edited)' }).waitFor()
  })

  test('one’s own message is deleted', async () => {
    const { alice, bob, sylvia, room, sylviaSays, aliceSays } = scene()
    const id = await sylviaSays('Forget this of Sylvia')
    await sylvia.redact(room, id)
    const event = await aliceSays('Forget this of Alice')
    await choose(alice, 'Forget this of Alice', 'Delete')
    await alice.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    for (const person of [alice, bob]) {
      await person.timeline
        .getByText(/Forget this/)
        .first()
        .waitFor({ state: 'detached' })
      await expect.poll(() => person.timeline.getByText(/Forget this/).count()).toBe(0)
      await person.timeline.getByText('Message deleted').nth(1).waitFor()
    }
    await expect.poll(async () => (await sylvia.event(room, event.event_id)).content).toEqual({})
  })

  test('a moderator deletes what somebody else said, and says why', async () => {
    const { alice, bob, sylvia, room, arrives, sylviaSays, aliceSays } = scene()
    const id = await sylviaSays('Rude words of Sylvia')
    await choose(alice, 'Rude words of Sylvia', 'Delete')
    await alice.page.getByRole('dialog').getByLabel('Reason').fill('Be kind')
    await alice.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    const redaction = await arrives('the redaction', (event) => event.content['reason'] === 'Be kind')
    expect(redaction.redacts ?? redaction.content['redacts']).toBe(id)
    await expect.poll(async () => (await sylvia.event(room, id)).content).toEqual({})
    const event = await aliceSays('Rude words of Alice')
    await sylvia.redact(room, event.event_id)
    for (const person of [alice, bob])
      await expect.poll(() => person.timeline.getByText(/Rude words/).count()).toBe(0)
  })

  test('answers, which quote what they answer and lead there', async () => {
    const { alice, bob, sylviaSays, aliceSays, arrivesText } = scene()
    const question = await aliceSays('Who brings bread?')
    await sylviaSays('I bring it', inReplyTo(question.event_id))
    for (const person of [alice, bob]) {
      await message(person, 'I bring it')
        .getByRole('button', { name: 'In answer to Alice: Who brings bread?' })
        .click()
      await person.timeline.locator('article[data-flash]').filter({ hasText: 'Who brings bread?' }).waitFor()
    }
    const asked = await sylviaSays('Who brings salt?')
    await message(alice, 'Who brings salt?').hover()
    await message(alice, 'Who brings salt?').getByRole('button', { name: 'Reply', exact: true }).click()
    await alice.composer.fill('Me, Alice')
    await alice.composer.press('Enter')
    const answer = await arrivesText('Me, Alice')
    expect(answer.content['m.relates_to']).toEqual({ 'm.in_reply_to': { event_id: asked } })
    await message(bob, 'Me, Alice')
      .getByRole('button', { name: 'In answer to sylvia: Who brings salt?' })
      .waitFor()
  })

  test('reactions are given, counted and taken back', async () => {
    const { alice, bob, sylvia, room, aliceId, arrives, sylviaSays, aliceSays } = scene()
    const cake = await aliceSays('Cake is ready')
    const relation = { rel_type: 'm.annotation', event_id: cake.event_id, key: '🎉' }
    const party = await sylvia.sendEvent(room, 'm.reaction', { 'm.relates_to': relation })
    await message(bob, 'Cake is ready').getByRole('button', { name: '🎉, 1: sylvia' }).press('Enter')
    await message(alice, 'Cake is ready')
      .getByRole('button', { name: /^🎉, 2/ })
      .waitFor()
    await sylvia.redact(room, party)
    await message(alice, 'Cake is ready')
      .getByRole('button', { name: /^🎉, 1: Bob/ })
      .waitFor()

    const id = await sylviaSays('Tea is ready')
    await message(alice, 'Tea is ready').hover()
    await message(alice, 'Tea is ready').getByRole('button', { name: 'React with 👍' }).click()
    const thumb = await arrives(
      'the reaction',
      (event) => event.type === 'm.reaction' && event.sender === aliceId,
    )
    expect(thumb.content['m.relates_to']).toEqual({ rel_type: 'm.annotation', event_id: id, key: '👍' })
    await message(bob, 'Tea is ready').getByRole('button', { name: '👍, 1: Alice' }).waitFor()
    await message(alice, 'Tea is ready').getByRole('button', { name: '👍, 1: You' }).click()
    await expect.poll(async () => (await sylvia.event(room, thumb.event_id)).content).toEqual({})
    await message(bob, 'Tea is ready').getByRole('list', { name: 'Reactions' }).waitFor({ state: 'detached' })
  })

  test('formatted text, code and what somebody does', async () => {
    const { alice, bob, sylvia, aliceId, room, arrives } = scene()
    const html =
      '<p>Sow <strong>early</strong></p><pre><code class="language-js">let seeds = 3\n</code></pre>'
    await sylvia.sendEvent(room, 'm.room.message', {
      msgtype: 'm.text',
      body: 'Sow early',
      ...formatted(html),
    })
    await sylvia.sendEvent(room, 'm.room.message', { msgtype: 'm.emote', body: 'waters the beans' })
    for (const person of [alice, bob]) {
      const shown = message(person, 'let seeds')
      expect(await shown.locator('strong').innerText()).toBe('early')
      expect(await shown.getByLabel('Code, js').innerText()).toBe('let seeds = 3')
      await person.timeline.getByText(/waters the beans/).waitFor()
    }
    await alice.composer.fill('Pick **late**\n\n```js\nlet pears = 9\n```')
    await alice.composer.press('Enter')
    const sent = await arrives('the code', (event) => String(event.content['body']).includes('let pears'))
    expect(sent.content['format']).toBe('org.matrix.custom.html')
    expect(sent.content['formatted_body']).toContain('<strong>late</strong>')
    expect(sent.content['formatted_body']).toContain('<code class="language-js">let pears = 9')
    await message(bob, 'let pears').getByLabel('Code, js').waitFor()
    await alice.composer.fill('/me digs')
    await alice.composer.press('Enter')
    const deed = await arrives(
      'the deed',
      (event) => event.content['msgtype'] === 'm.emote' && event.sender === aliceId,
    )
    expect(deed.content['body']).toBe('digs')
  })

  test('polls are made, voted in and ended', async () => {
    const { alice, bob, sylvia, room, aliceId, arrives } = scene()
    const type = (what: string) => `org.matrix.msc3381.poll.${what}`
    const text = (words: string) => ({ 'org.matrix.msc1767.text': words })
    const about = (eventId: string) => ({ 'm.relates_to': { rel_type: 'm.reference', event_id: eventId } })

    const id = await sylvia.sendEvent(room, type('start'), {
      ...text('Soup or stew?'),
      [type('start')]: {
        question: text('Soup or stew?'),
        ...{ kind: type('disclosed'), max_selections: 1 },
        answers: [
          { id: 'soup', ...text('Soup') },
          { id: 'stew', ...text('Stew') },
        ],
      },
    })
    const ballot = (where: typeof alice) => where.page.getByRole('region', { name: 'Poll: Soup or stew?' })
    await ballot(alice).getByRole('button', { name: 'Stew' }).click()
    const vote = await arrives(
      'the vote',
      (event) => event.type === type('response') && event.sender === aliceId,
    )
    expect(vote.content).toMatchObject({ [type('response')]: { answers: ['stew'] }, ...about(id) })
    await ballot(bob).getByText('1 vote').waitFor()
    await sylvia.sendEvent(room, type('end'), { ...text('Over'), [type('end')]: {}, ...about(id) })
    for (const person of [alice, bob]) await ballot(person).getByText('Ended · 1 vote').waitFor()

    await alice.page.getByRole('button', { name: 'Create a poll' }).click()
    const dialog = alice.page.getByRole('dialog', { name: 'Create a poll' })
    await dialog.getByLabel('Question').fill('Rain or sun?')
    await dialog.getByLabel('Answer 1', { exact: true }).fill('Rain')
    await dialog.getByLabel('Answer 2', { exact: true }).fill('Sun')
    await dialog.getByRole('button', { name: 'Create poll' }).click()
    const made = await arrives(
      'the poll',
      (event) => event.type === type('start') && event.sender === aliceId,
    )
    const start = made.content[type('start')] as { answers: { id: string }[]; question: object }
    expect(start.question).toMatchObject(text('Rain or sun?'))
    const rain = start.answers[0]?.id
    await sylvia.sendEvent(room, type('response'), {
      [type('response')]: { answers: [rain] },
      ...about(made.event_id),
    })
    const own = alice.page.getByRole('region', { name: 'Poll: Rain or sun?' })
    await own.getByText('1 vote').waitFor()
    await own.getByRole('button', { name: 'End poll' }).click()
    await alice.page.getByRole('alertdialog').getByRole('button', { name: 'End poll' }).click()
    await own.getByText('Ended · 1 vote').waitFor()
    const end = await arrives('the end', (event) => event.type === type('end') && event.sender === aliceId)
    expect(end.content).toMatchObject(about(made.event_id))
  })

  test('what is pinned stands in the list of pinned messages', async () => {
    const { alice, bob, sylvia, room, sylviaSays, aliceSays, arrives } = scene()
    const rule = await aliceSays('Close the gate')
    await sylvia.setState(room, 'm.room.pinned_events', { pinned: [rule.event_id] })
    const id = await sylviaSays('Water on Mondays')
    for (const person of [alice, bob])
      await message(person, 'Close the gate').getByText('Pinned').waitFor({ state: 'attached' })
    await choose(alice, 'Water on Mondays', 'Pin')
    const pinned = await arrives(
      'the pin',
      (event) => JSON.stringify(event.content).includes(id) && event.type === 'm.room.pinned_events',
    )
    expect(pinned.content).toEqual({ pinned: [rule.event_id, id] })
    await bob.page.getByRole('button', { name: 'Pinned messages', exact: true }).click()
    const list = bob.page.getByRole('list', { name: 'Pinned messages' })
    await list.getByText('Water on Mondays').waitFor()
    await list.getByRole('button', { name: /Close the gate/ }).click()
    await bob.timeline.locator('article[data-flash]').filter({ hasText: 'Close the gate' }).waitFor()
    await bob.page.keyboard.press('Escape')
  })

  test('a message is forwarded, and its link is copied', async () => {
    const { alice, room, otherRoom, sylvia, sylviaSays, arrivesText } = scene()
    const id = await sylviaSays('Worth telling: the well is deep')
    await choose(alice, 'the well is deep', 'Forward')
    const dialog = alice.page.getByRole('dialog')
    await dialog.getByRole('searchbox').fill('Shed')
    await dialog.getByRole('list', { name: 'Conversations' }).getByRole('button', { name: 'Shed' }).click()
    const forwarded = await arrivesText('Worth telling: the well is deep', otherRoom)
    expect(forwarded.content['m.relates_to']).toBeUndefined()

    await alice.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await choose(alice, 'the well is deep', 'Copy link')
    await alice.page.getByText('The link to this message is copied.').first().waitFor()
    const link = await alice.page.evaluate(() => navigator.clipboard.readText())
    const names = decodeURIComponent(link)
    for (const part of [room.slice(1), id.slice(1), sylvia.userId.split(':').slice(1).join(':')])
      expect(names).toContain(part)
  })
}
