import { expect } from 'vitest'
import type { Feature } from './feature.ts'
import { eventually, gathered, ONLY_AFTER_PAGING, relationsOf, roomPath, type Stage } from './stage.ts'

const text = (body: string, more: object = {}) => ({ msgtype: 'm.text', body, ...more })
const editOf = (eventId: string, body: string) =>
  text(`* ${body}`, {
    'm.new_content': text(body),
    'm.relates_to': { rel_type: 'm.replace', event_id: eventId },
  })
const reactionTo = (eventId: string, key: string) => ({
  'm.relates_to': { rel_type: 'm.annotation', event_id: eventId, key },
})

/** The content arrives as it was sent. */
const arrives = (content: object, type?: string) => async (stage: Stage) => {
  const room = await stage.room()
  expect((await stage.sent(room, content, type)).content).toEqual(content)
}

async function isGone({ to }: Stage, room: string, eventId: string, secret: string): Promise<void> {
  await eventually('the deletion', async () => {
    const event = await to.event(room, eventId)
    expect(event.content).toEqual({})
    expect(event.unsigned?.['redacted_because']).toMatchObject({ type: 'm.room.redaction' })
  })
  const history = JSON.stringify(await to.history(room))
  const context = JSON.stringify(
    await to.call('GET', `${roomPath(room)}/context/${encodeURIComponent(eventId)}`),
  )
  expect(history).toContain(eventId)
  for (const read of [history, context]) expect(read).not.toContain(secret)
}

export const messages: Feature[] = [
  { name: 'Message', run: arrives(text('good morning')) },
  {
    name: 'Formatted message',
    run: arrives(
      text('good **morning**', {
        format: 'org.matrix.custom.html',
        formatted_body: 'good <strong>morning</strong> <pre><code class="language-ts">1 &lt; 2</code></pre>',
      }),
    ),
  },
  { name: 'Emote (/me)', run: arrives({ msgtype: 'm.emote', body: 'waves' }) },
  { name: 'Notice', run: arrives({ msgtype: 'm.notice', body: 'backup is done' }) },
  {
    name: 'Edit',
    async run(stage) {
      const room = await stage.room()
      const original = await stage.sent(room, text('teh message'))
      const edit = await stage.sent(room, editOf(original.event_id, 'the message'))
      const read = await stage.to.event(room, original.event_id)
      const replacement = gathered(read, 'm.replace')
      expect(replacement).toMatchObject({
        event_id: edit.event_id,
        content: { 'm.new_content': { body: 'the message' } },
      })
    },
  },
  {
    name: 'History of edits',
    async run(stage) {
      const room = await stage.room()
      const original = await stage.sent(room, text('one'))
      await stage.sent(room, editOf(original.event_id, 'two'))
      await stage.sent(room, editOf(original.event_id, 'three'))
      const versions = await relationsOf(stage.to, room, original.event_id, 'm.replace')
      expect(versions.map((event) => event.content['body'])).toEqual(['* three', '* two'])
    },
  },
  {
    name: 'Edits by others are not shown',
    async run(stage) {
      const room = await stage.room()
      const original = await stage.sent(room, text('mine'))
      const forged = await stage.to.sendEvent(
        room,
        'm.room.message',
        editOf(original.event_id, 'words in my mouth'),
      )
      await stage.shown(room, forged, stage.from)
      for (const reader of [stage.from, stage.to])
        expect(JSON.stringify(await reader.event(room, original.event_id))).not.toContain('words in my mouth')
    },
  },
  {
    name: 'Delete one’s own message',
    async run(stage) {
      const room = await stage.room()
      const { event_id } = await stage.sent(room, text('a secret of one'))
      await stage.from.redact(room, event_id)
      await isGone(stage, room, event_id, 'a secret of one')
    },
  },
  {
    name: 'Moderator deletes somebody’s message',
    async run(stage) {
      const room = await stage.room()
      const id = await stage.to.say(room, 'a rude word')
      await stage.shown(room, id, stage.from)
      await stage.from.redact(room, id)
      await isGone(stage, room, id, 'a rude word')
    },
  },
  {
    name: 'Deleting an edited message deletes every version',
    async run(stage) {
      const room = await stage.room()
      const original = await stage.sent(room, text('secret one'))
      const edit = await stage.sent(room, editOf(original.event_id, 'secret two'))
      await stage.from.redact(room, edit.event_id)
      await stage.from.redact(room, original.event_id)
      await isGone(stage, room, original.event_id, 'secret one')
      await isGone(stage, room, edit.event_id, 'secret two')
    },
  },
  {
    name: 'Reply with quote',
    async run(stage) {
      const room = await stage.room()
      const question = await stage.to.say(room, 'who comes?')
      await stage.shown(room, question, stage.from)
      const answer = await stage.sent(
        room,
        text('me', { 'm.relates_to': { 'm.in_reply_to': { event_id: question } } }),
      )
      const relation = answer.content['m.relates_to'] as { 'm.in_reply_to': { event_id: string } }
      const quoted = await stage.to.event(room, relation['m.in_reply_to'].event_id)
      expect(quoted.content['body']).toBe('who comes?')
    },
  },
  {
    name: 'Reply to a message from before one came',
    absent: { 'Hearth to Synapse': ONLY_AFTER_PAGING },
    async run(stage) {
      const { room, ids } = await stage.publicRoom(['old words', ...Array.from({ length: 30 }, () => 'more')])
      await stage.to.join(room, stage.fromServer.serverName)
      await stage.to.waitFor('the room', () => stage.to.room(room).membership === 'join')
      const reference = { 'm.relates_to': { 'm.in_reply_to': { event_id: ids[0] } } }
      await stage.sent(room, text('as I said', reference))
      const quoted = await eventually('the quoted message', () => stage.to.event(room, ids[0] ?? ''))
      expect(quoted.content['body']).toBe('old words')
    },
  },
  {
    name: 'Reaction',
    async run(stage) {
      const room = await stage.room()
      const id = await stage.to.say(room, 'cake is here')
      await stage.shown(room, id, stage.from)
      await stage.sent(room, reactionTo(id, '🎉'), 'm.reaction')
      const found = await relationsOf(stage.to, room, id, 'm.annotation', 'm.reaction')
      expect(found).toMatchObject([{ sender: stage.from.userId, content: { 'm.relates_to': { key: '🎉' } } }])
    },
  },
  {
    name: 'Reaction taken back',
    async run(stage) {
      const room = await stage.room()
      const id = await stage.to.say(room, 'cake is gone')
      await stage.shown(room, id, stage.from)
      const reaction = await stage.sent(room, reactionTo(id, '🎉'), 'm.reaction')
      await stage.from.redact(room, reaction.event_id)
      await eventually('no reaction', async () => {
        expect(await relationsOf(stage.to, room, id, 'm.annotation')).toEqual([])
      })
    },
  },
  {
    name: 'Sticker',
    run: arrives(
      { body: 'a cat', url: 'mxc://example.org/cat', info: { w: 128, h: 128, mimetype: 'image/png' } },
      'm.sticker',
    ),
  },
  {
    name: 'Location',
    run: arrives({ msgtype: 'm.location', body: 'the office', geo_uri: 'geo:52.52,13.40' }),
  },
  {
    name: 'Poll: asked, voted, ended',
    async run(stage) {
      const room = await stage.room()
      const { from, to } = stage
      const question = {
        'org.matrix.msc3381.poll.start': {
          question: { 'org.matrix.msc1767.text': 'Lunch?' },
          kind: 'org.matrix.msc3381.poll.disclosed',
          max_selections: 1,
          answers: [
            { id: 'yes', 'org.matrix.msc1767.text': 'Yes' },
            { id: 'no', 'org.matrix.msc1767.text': 'No' },
          ],
        },
      }
      const poll = await stage.sent(room, question, 'org.matrix.msc3381.poll.start')
      expect(poll.content).toEqual(question)
      const about = { 'm.relates_to': { rel_type: 'm.reference', event_id: poll.event_id } }
      const vote = { 'org.matrix.msc3381.poll.response': { answers: ['yes'] } }
      const voted = await to.sendEvent(room, 'org.matrix.msc3381.poll.response', { ...about, ...vote })
      await stage.shown(room, voted, from)
      await stage.sent(
        room,
        { ...about, 'org.matrix.msc3381.poll.end': {}, body: 'over' },
        'org.matrix.msc3381.poll.end',
      )
      for (const reader of [from, to]) {
        const types = (await relationsOf(reader, room, poll.event_id, 'm.reference')).map(
          (event) => event.type,
        )
        expect(types).toEqual(['org.matrix.msc3381.poll.end', 'org.matrix.msc3381.poll.response'])
      }
    },
  },
]
