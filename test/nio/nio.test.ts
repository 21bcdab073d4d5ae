import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { makeCertificates } from '../harness/process/certificates.ts'
import { loginToken, startDomainHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixHttp } from '../harness/process/matrix-http.ts'
import { MatrixUser, passwordOf } from '../harness/process/matrix-user.ts'
import { download, upload } from '../harness/process/media.ts'
import { scratchFolder } from '../harness/process/scratch.ts'
import { until } from '../harness/process/wait.ts'
import { makePng } from '../interop/features/png.ts'
import { NioClient, roomOfNio } from './nio-client.ts'

/*
 * Nina uses matrix-nio on the node of the app's owner, Bob is on another node: the three share a room. Where
 * somebody else does something, nio must read it as what it is; where nio does it, both others must see it.
 */
let node: HearthProcess
let otherNode: HearthProcess
let owner: MatrixUser
let bob: MatrixUser
let nina: NioClient
let room: string

const nothing = z.null()
const id = z.string()
const text = (body: string, more: object = {}) => ({ msgtype: 'm.text', body, ...more })
const others = () => [owner, bob]

beforeAll(async () => {
  const certificates = makeCertificates(scratchFolder('authority'))
  ;[node, otherNode] = await Promise.all([startDomainHearth(certificates), startDomainHearth(certificates)])
  owner = await MatrixUser.loginWithToken(new MatrixHttp(node.clientUrl), loginToken(node.ready))
  bob = await MatrixUser.register(otherNode, 'bob')
  await Promise.all([owner.startSync(), bob.startSync()])
  const account = await MatrixUser.register(node, 'nina')
  await account.close()
  nina = await NioClient.start(node.clientUrl, account.userId)
  await nina.do('login', { password: passwordOf('nina') }, z.object({ user_id: id, device_id: id }))
  room = await owner.createRoom({
    preset: 'private_chat',
    name: 'With nio',
    invite: [nina.userId, bob.userId],
  })
  await nina.sees('the invite', (seen) => seen.kind === 'InviteMemberEvent' && seen.room === room)
  await nina.do('join', { room }, id)
  await bob.waitFor('the invite', () => bob.room(room).membership === 'invite')
  await bob.join(room)
  await owner.waitFor('both', () =>
    [nina, bob].every((one) => owner.room(room).membershipOf(one.userId) === 'join'),
  )
}, 300_000)

afterAll(async () => {
  await nina?.stop()
  await Promise.all([owner?.close(), bob?.close()])
  await Promise.all([node?.stop(), otherNode?.stop()])
})

/** nio sends, and both others are shown the very content. */
async function ninaSends(content: object, type = 'm.room.message'): Promise<string> {
  const sent = await nina.do('send', { room, content, type }, id)
  for (const user of others()) {
    await user.waitFor(`${sent} by nio`, () => user.room(room).has(sent))
    const shown = user.room(room).timeline.find((event) => event.event_id === sent)
    expect(shown).toMatchObject({ type, sender: nina.userId, content })
  }
  return sent
}

test('messages, plain and formatted, both ways', async () => {
  await ninaSends(text('hello from nio'))
  for (const user of others()) {
    const sent = await user.sendEvent(
      room,
      'm.room.message',
      text('hello **nio**', { format: 'org.matrix.custom.html', formatted_body: 'hello <b>nio</b>' }),
    )
    const seen = await nina.sees(`a message of ${user.userId}`, (one) => one.event?.event_id === sent)
    expect(seen).toMatchObject({
      kind: 'RoomMessageText',
      body: 'hello **nio**',
      formatted_body: 'hello <b>nio</b>',
    })
  }
})

test('edits and replies, both ways', async () => {
  const original = await ninaSends(text('teh message'))
  const edit = (of: string, body: string) =>
    text(`* ${body}`, {
      'm.new_content': text(body),
      'm.relates_to': { rel_type: 'm.replace', event_id: of },
    })
  const edited = await ninaSends(edit(original, 'the message'))
  for (const user of others()) {
    const read = await user.event(room, original)
    expect(read.unsigned).toMatchObject({ 'm.relations': { 'm.replace': { event_id: edited } } })
  }
  await ninaSends(text('see above', { 'm.relates_to': { 'm.in_reply_to': { event_id: original } } }))
  for (const user of others()) {
    const first = await user.say(room, 'mine')
    const second = await user.sendEvent(room, 'm.room.message', edit(first, 'mine, better'))
    await nina.sees('the edit', (one) => one.event?.event_id === second)
    expect(await nina.do('related', { room, event_id: first }, z.array(id))).toContain(second)
  }
})

test('reactions and taking them back, both ways', async () => {
  const original = await ninaSends(text('cake!'))
  const relation = { 'm.relates_to': { rel_type: 'm.annotation', event_id: original, key: '🎂' } }
  for (const user of others()) {
    const reaction = await user.sendEvent(room, 'm.reaction', relation)
    const seen = await nina.sees('the reaction', (one) => one.event?.event_id === reaction)
    expect(seen).toMatchObject({ kind: 'ReactionEvent', reacts_to: original, key: '🎂' })
    await user.redact(room, reaction)
    await nina.sees('it taken back', (one) => one.kind === 'RedactionEvent' && one.redacts === reaction)
  }
  const own = await ninaSends(relation, 'm.reaction')
  await nina.do('redact', { room, event_id: own }, id)
  for (const user of others()) {
    await until('the reaction is gone', async () => {
      const { chunk } = await user.call<{ chunk: object[] }>(
        'GET',
        `/_matrix/client/v1/rooms/${encodeURIComponent(room)}/relations/${encodeURIComponent(original)}/m.annotation`,
      )
      return chunk.length === 0
    })
  }
})

test('deletions, both ways', async () => {
  const own = await ninaSends(text('nio regrets this'))
  await nina.do('redact', { room, event_id: own }, id)
  for (const user of others()) {
    await until(
      'the content is gone',
      async () => Object.keys((await user.event(room, own)).content).length === 0,
    )
    const said = await user.say(room, `${user.userId} regrets this`)
    await nina.sees('the message', (one) => one.event?.event_id === said)
    await user.redact(room, said)
    await nina.sees('the deletion', (one) => one.kind === 'RedactionEvent' && one.redacts === said)
  }
  expect(await nina.do('history', { room }, z.array(id))).not.toContain('nio regrets this')
})

test('threads, both ways', async () => {
  const root = await ninaSends(text('a matter'))
  const inThread = (body: string) =>
    text(body, { 'm.relates_to': { rel_type: 'm.thread', event_id: root, is_falling_back: true } })
  await ninaSends(inThread('first'))
  for (const user of others()) {
    const answer = await user.sendEvent(room, 'm.room.message', inThread(`answer of ${user.userId}`))
    await nina.sees('the answer', (one) => one.event?.event_id === answer)
  }
  expect(await nina.do('threads', { room }, z.array(id))).toContain(root)
  expect(await nina.do('related', { room, event_id: root }, z.array(id))).toHaveLength(3)
})

test('files and pictures are sent and read, both ways', async () => {
  const words = 'a file with ünusual letters'
  const url = await nina.do(
    'upload',
    { text: words, content_type: 'text/plain', name: 'ünusual name.txt' },
    id,
  )
  await ninaSends({ msgtype: 'm.file', body: 'ünusual name.txt', url, info: { mimetype: 'text/plain' } })
  for (const user of others()) {
    expect((await download(user, url)).body.toString('utf8')).toBe(words)
    const theirs = await upload(user, Buffer.from(`of ${user.userId}`), 'text/plain', 'theirs.txt')
    const message = await user.sendEvent(room, 'm.room.message', {
      ...{ msgtype: 'm.file', body: 'theirs.txt', url: theirs, info: { mimetype: 'text/plain' } },
    })
    const seen = await nina.sees('the file', (one) => one.event?.event_id === message)
    expect(seen).toMatchObject({ kind: 'RoomMessageFile', url: theirs })
    const read = await nina.do(
      'download',
      { url: theirs },
      z.object({ text: z.string(), type: z.string(), name: z.string() }),
    )
    expect(read).toMatchObject({ text: `of ${user.userId}`, name: 'theirs.txt' })
    const picture = await upload(user, makePng(300, 200), 'image/png', 'a.png')
    const small = await nina.do(
      'thumbnail',
      { url: picture },
      z.object({ type: z.string(), size: z.number() }),
    )
    expect(small.type).toMatch(/^image\//)
  }
})

test('typing and receipts, both ways', async () => {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}`
  const said = await ninaSends(text('who reads this?'))
  await nina.do('typing', { room, typing: true }, nothing)
  for (const user of others()) {
    const typing = () => JSON.stringify(user.room(room).ephemeral.get('m.typing') ?? {})
    await user.waitFor('nio typing', () => typing().includes(nina.userId))
    await user.call('PUT', `${path}/typing/${encodeURIComponent(user.userId)}`, {
      body: { typing: true, timeout: 20_000 },
    })
    await nina.sees('typing', (one) => one.users?.includes(user.userId) === true)
    await user.call('POST', `${path}/receipt/m.read/${encodeURIComponent(said)}`, { body: {} })
    await nina.sees(
      'the receipt',
      (one) =>
        one.receipts?.some((receipt) => receipt.user === user.userId && receipt.event_id === said) === true,
    )
    const answer = await user.say(room, 'I do')
    await nina.sees('the answer', (one) => one.event?.event_id === answer)
    await nina.do('read', { room, event_id: answer }, nothing)
    for (const reader of others())
      await reader.waitFor('the receipt of nio', () =>
        reader.room(room).receipts.some((one) => one.userId === nina.userId && one.eventId === answer),
      )
  }
  await nina.do('typing', { room, typing: false }, nothing)
})

test('mentions are counted, and nothing is unread after reading', async () => {
  const unread = async () => await nina.do('room', { room }, roomOfNio)
  const mention = await bob.sendEvent(
    room,
    'm.room.message',
    text('Nina!', { 'm.mentions': { user_ids: [nina.userId] } }),
  )
  await until('one highlight', async () => (await unread()).highlights === 1)
  await nina.do('read', { room, event_id: mention }, nothing)
  await until('nothing unread', async () => {
    const now = await unread()
    return now.highlights === 0 && now.unread === 0
  })
})

test('names: of the room, of its members, and one’s own', async () => {
  const known = await nina.do('room', { room }, roomOfNio)
  expect(known.name).toBe('With nio')
  expect(known.members).toEqual([owner.userId, bob.userId, nina.userId].toSorted())
  await nina.do('set_name', { name: 'Nina Nio' }, nothing)
  for (const user of others())
    await user.waitFor(
      'the name',
      () => user.room(room).stateContent('m.room.member', nina.userId)?.['displayname'] === 'Nina Nio',
    )
  await bob.call('PUT', `/_matrix/client/v3/profile/${encodeURIComponent(bob.userId)}/displayname`, {
    body: { displayname: 'Bob of the other node' },
  })
  await until(
    'the name of Bob',
    async () => (await nina.do('name_of', { user: bob.userId }, id)) === 'Bob of the other node',
  )
})

test('the whole history, as nio pages it, is what the app’s user has', async () => {
  const bodies = await nina.do('history', { room }, z.array(id))
  const events = await owner.history(room)
  const expected = events
    .map((event) => event.content['body'])
    .filter((body) => typeof body === 'string')
    .toReversed()
  expect(bodies).toEqual(expected)
})
