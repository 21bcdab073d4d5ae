// A conversation in which everything occurs once, between real nodes: for screenshots.
import { arrived, roomWith, send, sendEvent, upload } from './people.mjs'
import { lakePicture, murmur, plainPdf } from './sample-files.mjs'

/** Mia and Ada plan a weekend. Resolves to the room's id and what in it is of interest. */
export async function planWeekend(mia, ada) {
  const room = await roomWith(mia, ada, {
    name: 'Canoe weekend',
    topic: 'Saturday at nine, by the old boathouse',
  })
  const both = (from, id) => arrived(from === mia ? ada : mia, room, id)
  async function say(from, body, more) {
    const id = await send(from, room, body, more)
    await both(from, id)
    return id
  }
  const react = async (from, target, key) => {
    const relation = { rel_type: 'm.annotation', event_id: target, key }
    return await both(from, await sendEvent(from, room, 'm.reaction', { 'm.relates_to': relation }))
  }

  await mia.api('PUT', `/_matrix/client/v3/profile/${encodeURIComponent(mia.userId)}/avatar_url`, {
    avatar_url: await upload(mia, lakePicture(256, 256, 0.9), 'image/png', 'mia.png'),
  })
  const kettle = await say(mia, 'The kettle is on. Shall we go through the plan for Saturday?')
  await react(ada, kettle, '☕')
  await say(ada, 'Yes! I have the list from last time:\n\n- tents and rope\n- the big pot\n- firewood', {
    format: 'org.matrix.custom.html',
    formatted_body:
      '<p>Yes! I have the list from <em>last time</em>:</p><ul><li>tents and rope</li><li>the <strong>big</strong> pot</li><li>firewood</li></ul>',
  })
  const lamp = await say(ada, 'Who brings the lamp?')
  await say(mia, 'I do. And my brother lends us his trailer, so the canoe can come too.', {
    'm.relates_to': { 'm.in_reply_to': { event_id: lamp } },
  })
  const picture = await upload(ada, lakePicture(1280, 800, 0.3), 'image/png', 'the lake.png')
  const lake = await sendEvent(ada, room, 'm.room.message', {
    msgtype: 'm.image',
    body: 'This is where we put the canoes in',
    filename: 'the lake.png',
    url: picture,
    info: { mimetype: 'image/png', w: 1280, h: 800, 'xyz.amorgan.blurhash': 'LKE:C[~qM{xu%MoLRjR*RjWBayof' },
  })
  await both(ada, lake)
  for (const key of ['😍', '🛶']) await react(mia, lake, key)
  await react(ada, lake, '🛶')

  const thread = (body) => ({
    msgtype: 'm.text',
    body,
    'm.relates_to': {
      rel_type: 'm.thread',
      event_id: lake,
      is_falling_back: true,
      'm.in_reply_to': { event_id: lake },
    },
  })
  for (const [from, body] of [
    [mia, 'How deep is it there?'],
    [ada, 'To the knee, and sand all the way. Even Jonas can get in dry.'],
    [mia, 'He will find a way to fall in.'],
  ]) {
    await both(from, await sendEvent(from, room, 'm.room.message', thread(body)))
  }

  const talk = murmur(9)
  const voice = await upload(ada, talk.file, 'audio/wav', 'Voice message.wav')
  await both(
    ada,
    await sendEvent(ada, room, 'm.room.message', {
      msgtype: 'm.audio',
      body: 'Voice message.wav',
      url: voice,
      info: { mimetype: 'audio/wav', size: talk.file.length, duration: 9000 },
      'org.matrix.msc1767.audio': { duration: 9000, waveform: talk.waveform },
      'org.matrix.msc3245.voice': {},
    }),
  )
  const plan = plainPdf('Canoe weekend', ['Saturday 9:00 boathouse', '12:30 lunch at the mill', '17:00 camp'])
  const paper = await upload(mia, plan, 'application/pdf', 'plan.pdf')
  await both(
    mia,
    await sendEvent(mia, room, 'm.room.message', {
      msgtype: 'm.file',
      body: 'plan.pdf',
      filename: 'plan.pdf',
      url: paper,
      info: { mimetype: 'application/pdf', size: plan.length },
    }),
  )
  const code = 'const paddles = crew.map((each) => ({ owner: each.name, length: each.height * 0.85 }))'
  await say(mia, `For the nerds:\n\`\`\`js\n${code}\n\`\`\``, {
    format: 'org.matrix.custom.html',
    formatted_body: `<p>For the nerds:</p><pre><code class="language-js">${code.replace('=>', '=&gt;')}\n</code></pre>`,
  })
  const poll = await sendEvent(mia, room, 'org.matrix.msc3381.poll.start', {
    'org.matrix.msc3381.poll.start': {
      question: { 'org.matrix.msc1767.text': 'What shall we cook?' },
      kind: 'org.matrix.msc3381.poll.disclosed',
      max_selections: 1,
      answers: ['Stew from the big pot', 'Fish, if we catch one', 'Pancakes, all day'].map((text, index) => ({
        id: String(index),
        'org.matrix.msc1767.text': text,
      })),
    },
    'org.matrix.msc1767.text': 'What shall we cook?',
  })
  await both(mia, poll)
  for (const [from, answer] of [
    [ada, '2'],
    [mia, '0'],
  ]) {
    await both(
      from,
      await sendEvent(from, room, 'org.matrix.msc3381.poll.response', {
        'org.matrix.msc3381.poll.response': { answers: [answer] },
        'm.relates_to': { rel_type: 'm.reference', event_id: poll },
      }),
    )
  }
  const typo = await say(ada, 'The internet has ben down here since noon, and I only noticed now.')
  await both(
    ada,
    await sendEvent(ada, room, 'm.room.message', {
      msgtype: 'm.text',
      body: '* The internet has been down here since noon, and I only noticed now.',
      'm.new_content': {
        msgtype: 'm.text',
        body: 'The internet has been down here since noon, and I only noticed now.',
      },
      'm.relates_to': { rel_type: 'm.replace', event_id: typo },
    }),
  )
  const name = encodeURIComponent(mia.userId)
  await say(ada, 'Mia Lindqvist: did you notice?', {
    format: 'org.matrix.custom.html',
    formatted_body: `<a href="https://matrix.to/#/${name}">Mia Lindqvist</a>: did you notice?`,
    'm.mentions': { user_ids: [mia.userId] },
  })
  const last = await say(mia, 'Same here. Hearth did not mind.')
  await ada.api('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/receipt/m.read/${last}`, {})
  return { room, lake, last }
}

/** A space of Mia's with rooms in it, and rooms of Jonas's that anybody finds. */
export async function neighbourhood(mia, jonas) {
  const create = async (person, name, topic, more = {}) => {
    const body = { name, topic, preset: 'public_chat', visibility: 'public', ...more }
    return (await person.api('POST', '/_matrix/client/v3/createRoom', body)).room_id
  }
  const space = await create(mia, 'Neighbourhood', 'The houses around the old well', {
    creation_content: { type: 'm.space' },
  })
  for (const [name, topic] of [
    ['Tool library', 'Who has the ladder?'],
    ['School run', 'Who walks with the children, and when'],
  ]) {
    const room = await create(mia, name, topic)
    const child = `${encodeURIComponent(space)}/state/m.space.child/${encodeURIComponent(room)}`
    await mia.api('PUT', `/_matrix/client/v3/rooms/${child}`, { via: [mia.ready.server_name] })
  }
  await create(jonas, 'Kayaks', 'Weather, routes and repairs')
  await create(jonas, 'Bread', 'What is in the oven, and when it comes out')
}
