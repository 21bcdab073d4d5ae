// People with a node each on this machine, driven over their Client-Server APIs: for the demo and the
// screenshots.
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startNode } from './node-process.mjs'

const dir = await mkdtemp(join(tmpdir(), 'hearth-demo-'))
const nodes = []

/** Starts a node, signs its owner in and names them. `peers` are others to whom it is introduced, both ways. */
export async function startPerson(name, peers = []) {
  const args = [
    // They are introduced to each other; what else is on this machine is not part of the picture.
    '--no-mdns',
    '--data-dir',
    join(dir, String(nodes.length)),
    '--client-listen',
    '127.0.0.1:0',
    '--federation-listen',
    '127.0.0.1:0',
  ]
  const node = startNode(args, { quiet: true })
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
  await person.api('PATCH', '/_hearth/v1/settings', { visible_nearby: true })
  for (const peer of peers) {
    await person.api('POST', '/_hearth/v1/peers', addressOf(peer))
    await peer.api('POST', '/_hearth/v1/peers', addressOf(person))
  }
  return person
}

async function signIn(person) {
  const token = new URL(person.ready.login_url.replace('/#', '')).searchParams.get('loginToken')
  const session = await person.api('POST', '/_matrix/client/v3/login', { type: 'm.login.token', token })
  person.token = session.access_token
  person.userId = session.user_id
}

const addressOf = (person) => ({
  server_name: person.ready.server_name,
  address: `127.0.0.1:${new URL(person.ready.federation_url).port}`,
})

export async function until(what, fn) {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const value = await fn()
    if (value) return value
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${what} did not happen within 20 seconds`)
}

let counter = 0

/** Resolves to the event id. */
export async function sendEvent(person, room, type, content) {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/${type}/demo${counter++}`
  return (await person.api('PUT', path, content)).event_id
}

export const send = (person, room, body, more = {}) =>
  sendEvent(person, room, 'm.room.message', { msgtype: 'm.text', body, ...more })

/** Resolves to the `mxc:` address. */
export async function upload(person, file, type, name) {
  const response = await fetch(
    `${person.ready.client_url}/_matrix/media/v3/upload?filename=${encodeURIComponent(name)}`,
    {
      method: 'POST',
      headers: { 'content-type': type, authorization: `Bearer ${person.token}` },
      body: file,
    },
  )
  if (!response.ok) throw new Error(`${person.name}: the upload of ${name} was refused`)
  return (await response.json()).content_uri
}

/** So that the conversation reads the same on both sides. */
export const arrived = (person, room, eventId) =>
  until(`an event reaching ${person.name}`, async () => {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/event/${encodeURIComponent(eventId)}`
    return await person.api('GET', path).then(
      () => true,
      () => false,
    )
  })

/** `person` makes a room and `other` joins it; resolves to its id. */
export async function roomWith(person, other, content) {
  const { room_id: room } = await person.api('POST', '/_matrix/client/v3/createRoom', {
    preset: 'private_chat',
    invite: [other.userId],
    ...content,
  })
  await until(
    'the invitation',
    async () => (await other.api('GET', '/_matrix/client/v3/sync?timeout=0')).rooms?.invite?.[room],
  )
  await other.api('POST', `/_matrix/client/v3/join/${encodeURIComponent(room)}`, {})
  return room
}

/** Address of browser mode, signed in. A login token works once; asked for late, it is fresh. */
export async function loginUrl(person) {
  const { login_token: token } = await person.api('POST', '/_hearth/v1/login-token', {})
  return `${person.ready.client_url}/#/login?loginToken=${token}`
}

/** Resolves when the first of the nodes ends. */
export const anyEnded = () => Promise.race(nodes.map((node) => node.ended))

export async function stopAll() {
  for (const node of nodes) node.child.kill('SIGTERM')
  await Promise.all(nodes.map((node) => node.ended))
  rmSync(dir, { recursive: true, force: true })
}
