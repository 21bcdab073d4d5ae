// Two nodes on this machine, Alice's and Bob's, with a room and a few messages between them.
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled, fail, say } from './lib/bootstrap.mjs'
import { ensureBuilt } from './lib/ensure-built.mjs'
import { startNode } from './lib/node-process.mjs'
import { openBrowser } from './lib/open-browser.mjs'

ensureInstalled()
await ensureBuilt()

const dir = await mkdtemp(join(tmpdir(), 'hearth-demo-'))
const nodes = []

async function startPerson(name, peers) {
  const args = [
    '--data-dir',
    join(dir, name),
    '--client-listen',
    '127.0.0.1:0',
    '--federation-listen',
    '127.0.0.1:0',
  ]
  const node = startNode([...args, ...peers.flatMap((peer) => ['--peer', peer])], { quiet: true })
  nodes.push(node)
  const ready = await node.ready
  const person = {
    name,
    ready,
    async api(method, path, body) {
      const response = await fetch(`${ready.client_url}${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          ...(person.token ? { authorization: `Bearer ${person.token}` } : {}),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const json = await response.json()
      if (!response.ok) throw new Error(`${name}: ${method} ${path}: ${json.error}`)
      return json
    },
  }
  await signIn(person)
  await person.api('PUT', `/_matrix/client/v3/profile/${encodeURIComponent(person.userId)}/displayname`, {
    displayname: name,
  })
  await person.api('PATCH', '/_hearth/v1/settings', { display_name: name, visible_nearby: true })
  return person
}

async function signIn(person) {
  const token = new URL(person.ready.login_url.replace('/#', '')).searchParams.get('loginToken')
  const session = await person.api('POST', '/_matrix/client/v3/login', { type: 'm.login.token', token })
  person.token = session.access_token
  person.userId = session.user_id
}

const peerOf = (person) =>
  `${person.ready.server_name}=127.0.0.1:${new URL(person.ready.federation_url).port}`

async function until(what, fn) {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const value = await fn()
    if (value) return value
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${what} did not happen within 20 seconds`)
}

let counter = 0
const send = (person, room, body) =>
  person.api(
    'PUT',
    `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/demo${counter++}`,
    { msgtype: 'm.text', body },
  )

/** So that the conversation reads the same on both sides. */
const arrived = (person, room, start) =>
  until(`a message reaching ${person.name}`, async () => {
    const { chunk } = await person.api(
      'GET',
      `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=5`,
    )
    return chunk.some((event) => event.content.body?.startsWith(start))
  })

async function stop() {
  for (const node of nodes) node.child.kill('SIGTERM')
  await Promise.all(nodes.map((node) => node.ended))
  rmSync(dir, { recursive: true, force: true })
}
process.on('SIGINT', () => void stop().then(() => process.exit(0)))
process.on('SIGTERM', () => void stop().then(() => process.exit(0)))

try {
  say('starting two nodes …')
  const alice = await startPerson('Alice', [])
  const bob = await startPerson('Bob', [peerOf(alice)])
  await alice.api('POST', '/_hearth/v1/peers', {
    server_name: bob.ready.server_name,
    address: peerOf(bob).split('=')[1],
  })
  const { room_id } = await alice.api('POST', '/_matrix/client/v3/createRoom', {
    preset: 'private_chat',
    name: 'Around the fire',
    topic: 'Two nodes, one conversation',
    invite: [bob.userId],
  })
  await until(
    'the invitation',
    async () => (await bob.api('GET', '/_matrix/client/v3/sync?timeout=0')).rooms?.invite?.[room_id],
  )
  await bob.api('POST', `/_matrix/client/v3/join/${encodeURIComponent(room_id)}`, {})
  await send(alice, room_id, 'Hi Bob! This message travels from my node to yours.')
  await arrived(bob, room_id, 'Hi Bob!')
  await send(bob, room_id, 'And it arrived. No server, no account, no internet.')
  await arrived(alice, room_id, 'And it arrived.')
  await send(alice, room_id, 'Write something in both windows and watch it cross.')
  // A login token works once; printed late, it is still fresh when somebody clicks.
  console.log(
    `\n  Alice: ${await freshLogin(alice)}\n  Bob:   ${await freshLogin(bob)}\n\n  Ctrl+C stops both; nothing is kept.\n`,
  )
  console.log(JSON.stringify({ event: 'demo-ready', room_id }))
  await Promise.race(nodes.map((node) => node.ended))
  await stop()
} catch (error) {
  await stop()
  fail(`The demo could not start: ${error.message}`)
}

async function freshLogin(person) {
  const { login_token } = await person.api('POST', '/_hearth/v1/login-token', {})
  const url = `${person.ready.client_url}/#/login?loginToken=${login_token}`
  openBrowser(url)
  return url
}
