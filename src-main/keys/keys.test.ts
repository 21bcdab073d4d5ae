import { afterEach, expect, test } from 'vitest'
import { TestNetwork, type TestNode } from '../../test/harness/network.ts'
import { own } from '../core/json.ts'
import { createSigner, signJson } from '../core/signatures.ts'
import type { JsonObject, KeyId, RoomId, ServerName, UserId } from '../core/types.ts'
import { createRemoteDeviceStore } from '../storage/remote-devices.ts'

let network: TestNetwork
afterEach(async () => network.stop())

const encryption = {
  type: 'm.room.encryption',
  stateKey: '',
  content: { algorithm: 'm.megolm.v1.aes-sha2' },
}

function person(node: TestNode, name: string): UserId {
  const user = node.user(name)
  node.accounts.createAccount({ userId: user, passwordHash: undefined, admin: false })
  return user
}

const deviceKeys = (user: UserId, device: string, version = 1): JsonObject => ({
  user_id: user,
  device_id: device,
  algorithms: ['m.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2'],
  keys: { [`curve25519:${device}`]: `curve${version}`, [`ed25519:${device}`]: `ed${version}` },
  signatures: { [user]: { [`ed25519:${device}`]: 'by itself' } },
})

function addDevice(node: TestNode, user: UserId, device: string, version = 1): void {
  node.keys.changeDevices(user, [device], () => {
    node.accounts.createDevice(user, device, `The ${device}`)
    node.accounts.putDeviceKeys(user, device, deviceKeys(user, device, version))
  })
}

const removeDevice = (node: TestNode, user: UserId, device: string): void =>
  node.keys.changeDevices(user, [device], () => node.accounts.deleteDevice(user, device))

/** Two people on two servers in one encrypted room. */
async function twoPeople(seed: number, ...others: string[]) {
  network = await TestNetwork.start(seed, 'a', 'b', ...others)
  const [a, b] = [network.node('a'), network.node('b')]
  const [alice, bob] = [person(a, 'alice'), person(b, 'bob')]
  const room = await network.during(
    a.rooms.createRoom({ creator: alice, preset: 'public_chat', initialState: [encryption] }),
  )
  await network.during(b.rooms.joinRoom({ user: bob, room, via: [a.name] }))
  await network.settle()
  return { a, b, alice, bob, room }
}

async function devicesSeen(from: TestNode, viewer: UserId, of: UserId): Promise<string[]> {
  const answer = await network.during(from.keys.query(viewer, new Map([[of, []]]), 5_000))
  return Object.keys(own(answer.device_keys, of) ?? {}).sort()
}

const asked = (name: string): number => network.wire.requests.get(name) ?? 0
const kept = (node: TestNode, user: UserId) => createRemoteDeviceStore(node.db).list(user)
const isStale = (node: TestNode, user: UserId) => kept(node, user)?.stale

test('a list is asked for once, and kept up by updates from then on', async () => {
  const { a, b, alice, bob } = await twoPeople(1)
  addDevice(b, bob, 'PHONE')
  await network.settle()
  expect(await devicesSeen(a, alice, bob)).toEqual(['PHONE'])
  expect(await devicesSeen(a, alice, bob)).toEqual(['PHONE'])
  expect(asked('keys/query')).toBe(1)
  const before = a.accounts.maxPos()
  // The first update after a query has no known place in the chain, so the list is fetched once.
  addDevice(b, bob, 'LAPTOP')
  await network.settle()
  await network.run(1_000)
  expect(asked('devices')).toBe(1)
  addDevice(b, bob, 'TABLET')
  await network.settle()
  removeDevice(b, bob, 'PHONE')
  await network.settle()
  expect(a.accounts.deviceListChanges(before, a.accounts.maxPos())).toEqual([bob])
  expect(await devicesSeen(a, alice, bob)).toEqual(['LAPTOP', 'TABLET'])
  expect([asked('keys/query'), asked('devices')]).toEqual([1, 1])
  expect(kept(a, bob)?.devices.find((device) => device.deviceId === 'TABLET')).toMatchObject({
    displayName: 'The TABLET',
    keys: { signatures: { [bob]: { 'ed25519:TABLET': 'by itself' } } },
  })
})

test('updates that were lost are noticed, and the list is fetched until the server answers', async () => {
  const { a, b, alice, bob } = await twoPeople(2)
  addDevice(b, bob, 'PHONE')
  await network.settle()
  await devicesSeen(a, alice, bob)
  addDevice(b, bob, 'ONE')
  await network.settle()
  await network.run(1_000)
  expect(isStale(a, bob)).toBe(false)
  // Given up by the sender, say: an EDU that never comes.
  b.db.transaction(() => {
    addDevice(b, bob, 'LOST')
    b.db.run('DELETE FROM outbox_edus')
  })
  network.wire.failing.add('devices')
  addDevice(b, bob, 'TWO')
  await network.settle()
  expect(isStale(a, bob)).toBe(true)
  network.wire.partition(a.name, b.name)
  network.wire.failing.clear()
  await network.run(60_000)
  // With the server away, what was known is told, and the failure in words.
  const answer = await network.during(a.keys.query(alice, new Map([[bob, []]]), 5_000))
  expect(Object.keys(own(answer.device_keys, bob) ?? {}).sort()).toEqual(['ONE', 'PHONE'])
  expect(answer.failures[b.name]).toMatchObject({ error: expect.stringContaining(b.name) as unknown })
  network.wire.heal()
  a.keys.back(b.name)
  await network.run(5_000)
  expect(isStale(a, bob)).toBe(false)
  expect(await devicesSeen(a, alice, bob)).toEqual(['LOST', 'ONE', 'PHONE', 'TWO'])
})

test.each([11, 12, 13])(
  'with losses, delays and repetitions the list is right in the end (seed %i)',
  async (seed) => {
    const { a, b, alice, bob } = await twoPeople(seed)
    addDevice(b, bob, 'D0')
    await network.settle()
    await devicesSeen(a, alice, bob)
    Object.assign(network.wire.faults, { lose: 0.2, loseAnswer: 0.2, delay: 3_000, repeat: 0.2 })
    for (let n = 1; n < 25; n++) {
      if (n % 3 === 0) removeDevice(b, bob, `D${n - 2}`)
      else addDevice(b, bob, `D${n % 5}`, n)
      await network.run(400)
      if (n % 6 === 0) await devicesSeen(a, alice, bob)
    }
    network.wire.heal()
    await network.settle()
    await network.run(60_000)
    const right = b.accounts.deviceKeys(bob)
    expect(await devicesSeen(a, alice, bob)).toEqual([...right.keys()].sort())
    for (const device of kept(a, bob)?.devices ?? [])
      expect(device.keys['keys']).toEqual(right.get(device.deviceId)?.['keys'])
  },
  30_000,
)

test('nothing is kept of whom no room is shared with, nor believed of them', async () => {
  const { a, b, alice, bob, room } = await twoPeople(3)
  addDevice(b, bob, 'PHONE')
  await network.settle()
  await devicesSeen(a, alice, bob)
  expect(kept(a, bob)?.stale).toBe(false)
  await network.during(b.rooms.leaveRoom({ user: bob, roomId: room }))
  await network.settle()
  expect(kept(a, bob)).toBeUndefined()
  // Asked, and not kept.
  expect(await devicesSeen(a, alice, bob)).toEqual(['PHONE'])
  expect(kept(a, bob)).toBeUndefined()

  await network.during(b.rooms.joinRoom({ user: bob, room, via: [a.name] }))
  await network.settle()
  await devicesSeen(a, alice, bob)
  await network.during(a.rooms.leaveRoom({ user: alice, roomId: room }))
  expect(kept(a, bob)).toBeUndefined()
})

test('what is not of the device or user that it is said to be of is left out', async () => {
  const { a, b, alice, bob } = await twoPeople(4)
  const mallory = person(b, 'mallory')
  for (const [device, keys] of [
    ['GOOD', deviceKeys(bob, 'GOOD')],
    ['OTHER', deviceKeys(bob, 'GOOD')],
    ['STOLEN', deviceKeys(mallory, 'STOLEN')],
    ['BROKEN', { user_id: bob, device_id: 'BROKEN', keys: 7 }],
  ] as const) {
    b.accounts.createDevice(bob, device, undefined)
    b.accounts.putDeviceKeys(bob, device, keys)
  }
  b.accounts.putCrossSigningKey(bob, 'master', {
    user_id: mallory,
    usage: ['master'],
    keys: { 'ed25519:x': 'x' },
  })
  const answer = await network.during(a.keys.query(alice, new Map([[bob, []]]), 5_000))
  expect(Object.keys(own(answer.device_keys, bob) ?? {})).toEqual(['GOOD'])
  expect(answer.master_keys).toEqual({})

  // Nobody speaks for another server's users.
  const edu = { edu_type: 'm.device_list_update', content: { user_id: alice, device_id: 'X', stream_id: 1 } }
  const forged = {
    edu_type: 'm.direct_to_device',
    content: { sender: alice, type: 't', message_id: 'm', messages: { [alice]: { '*': {} } } },
  }
  a.accounts.createDevice(alice, 'PHONE', undefined)
  const before = a.accounts.maxPos()
  await network.during(
    b.send(a.name, 'forged', [], [edu, forged, { edu_type: 'm.direct_to_device', content: 3 }]),
  )
  expect(a.accounts.deviceListChanges(before, a.accounts.maxPos())).toEqual([])
  expect(a.accounts.toDevice(alice, 'PHONE', a.accounts.maxPos(), 10)).toEqual([])
})

test('what comes with an event whose writing fails comes once, when the transaction is written again', async () => {
  const { a, b, alice, bob, room } = await twoPeople(7)
  addDevice(a, alice, 'PHONE')
  addDevice(b, bob, 'ONE')
  await network.settle()
  expect(await devicesSeen(a, alice, bob)).toEqual(['ONE'])
  const insertEvent = a.store.insertEvent.bind(a.store)
  let faults = 0
  const faulty: typeof insertEvent = (event) => {
    insertEvent(event)
    if (faults++ < 2) throw new Error('the disk has a fault')
  }
  const message = {
    edu_type: 'm.direct_to_device',
    content: { sender: bob, type: 't', message_id: 'once', messages: { [alice]: { PHONE: { once: true } } } },
  }
  network.wire.partition(a.name, b.name)
  const text = { roomId: room, sender: bob, type: 'm.room.message', content: { body: 'hello' } }
  const id = await b.rooms.sendEvent(text)
  addDevice(b, bob, 'TWO')
  const update = b.db.all("SELECT edu FROM outbox_edus WHERE edu LIKE '%TWO%'").map(({ edu }) => String(edu))
  expect(update).toHaveLength(1)
  network.wire.heal()
  Object.assign(a.store, { insertEvent: faulty })
  const edus = [message, JSON.parse(update[0] ?? '') as JsonObject]
  const pdu = b.store.getEvent(id)?.pdu.json ?? {}
  await network.during(b.send(a.name, 'by hand', [pdu], edus))
  expect(faults).toBeGreaterThan(1)
  await network.settle()
  expect(a.store.getEvent(id)).toMatchObject({ status: 'accepted' })
  const waiting = a.accounts.toDevice(alice, 'PHONE', a.accounts.maxPos(), 10)
  expect(waiting.map(({ event }) => event['content'])).toEqual([{ once: true }])
  expect(kept(a, bob)?.devices.map(({ deviceId }) => deviceId)).toEqual(['ONE', 'TWO'])
  expect(isStale(a, bob)).toBe(false)
})

test('of messages for nobody no id is kept, of which a stranger could send without end', async () => {
  const { a, b, alice, bob } = await twoPeople(6)
  addDevice(a, alice, 'PHONE')
  const ids = (): number => Number(a.db.get('SELECT count(*) AS n FROM to_device_received')?.['n'])
  const message = (id: string, to: string, device: string) => ({
    edu_type: 'm.direct_to_device',
    content: { sender: bob, type: 't', message_id: id, messages: { [to]: { [device]: { id } } } },
  })
  const waiting = (): unknown[] =>
    a.accounts.toDevice(alice, 'PHONE', a.accounts.maxPos(), 10).map(({ event }) => event['content'])
  const nobody = [message('1', alice, 'NONE'), message('2', '@nobody:a', '*'), message('3', bob, '*')]
  await network.during(b.send(a.name, 'nobody', [], nobody))
  expect(ids()).toBe(0)
  await network.during(b.send(a.name, 'somebody', [], [message('4', alice, 'PHONE')]))
  await network.during(b.send(a.name, 'again', [], [message('4', alice, 'PHONE')]))
  expect(ids()).toBe(1)
  expect(waiting()).toEqual([{ id: '4' }])
})

test('a one-time key goes to one claimant, the oldest first; then the fallback key; failures are said', async () => {
  const { a, b, alice, bob } = await twoPeople(5)
  addDevice(b, bob, 'PHONE')
  const key = (id: string) => [`signed_curve25519:${id}`, { key: id }] as const
  b.accounts.putOneTimeKeys(bob, 'PHONE', new Map([key('B'), key('C')]))
  b.accounts.putOneTimeKeys(bob, 'PHONE', new Map([key('A')]))
  b.accounts.putFallbackKeys(bob, 'PHONE', new Map([key('F')]))
  const wanted = new Map([[bob, { PHONE: 'signed_curve25519', NONE: 'signed_curve25519' }]])
  const claims = await network.during(
    Promise.all(Array.from({ length: 5 }, () => a.keys.claim(wanted, 5_000))),
  )
  const ids = claims.map(({ one_time_keys: keys }) => Object.keys(own(own(keys, bob), 'PHONE') ?? {})[0])
  expect(new Set(ids)).toEqual(new Set(['A', 'B', 'C', 'F'].map((id) => `signed_curve25519:${id}`)))
  expect(ids.filter((id) => id?.endsWith('F') === true)).toHaveLength(2)
  expect(own(claims[0]?.one_time_keys, bob)).not.toHaveProperty('NONE')
  // Uploaded again, as the client did not hear of it the first time: it is not handed out again.
  b.accounts.putOneTimeKeys(bob, 'PHONE', new Map([key('A')]))
  expect(b.accounts.oneTimeKeyCounts(bob, 'PHONE')).toEqual({})

  network.wire.partition(a.name, b.name)
  const failed = await network.during(a.keys.claim(wanted, 5_000))
  expect(failed.failures[b.name]).toMatchObject({
    error: expect.stringContaining('cannot be reached') as unknown,
  })
  expect(alice).toBeDefined()
})

test('messages to devices arrive once and in order through a bad network, also to all devices', async () => {
  const { a, b, alice, bob } = await twoPeople(6)
  a.accounts.createDevice(alice, 'PHONE', undefined)
  b.accounts.createDevice(bob, 'ONE', undefined)
  b.accounts.createDevice(bob, 'TWO', undefined)
  Object.assign(network.wire.faults, { lose: 0.3, loseAnswer: 0.3, delay: 2_000, repeat: 0.3 })
  const session = { userId: alice, deviceId: 'PHONE' }
  for (let n = 0; n < 120; n++) {
    const devices = n % 10 === 0 ? { '*': { n } } : { ONE: { n }, GONE: { n } }
    const args = { session, type: 'test', txnId: `t${n}`, messages: new Map([[bob, devices]]) }
    a.keys.sendToDevice(args)
    // The client repeats it: its answer was lost.
    if (n % 7 === 0) a.keys.sendToDevice(args)
    if (n % 20 === 0) await network.run(500)
  }
  network.wire.heal()
  await network.settle()
  const at = (device: string) =>
    b.accounts
      .toDevice(bob, device, b.accounts.maxPos(), 1_000)
      .map(({ event }) => own(event['content'], 'n'))
  expect(at('ONE')).toEqual(Array.from({ length: 120 }, (_, n) => n))
  expect(at('TWO')).toEqual(Array.from({ length: 12 }, (_, n) => n * 10))
})

test('strangers cannot take the place of those with whom a room is shared, nor fill the disk', async () => {
  const { a, b, alice, bob } = await twoPeople(11, 'c')
  const c = network.node('c')
  const carol = person(c, 'carol')
  b.accounts.createDevice(bob, 'ONE', undefined)
  const send = (node: TestNode, user: UserId, txnId: string) =>
    node.keys.sendToDevice({
      session: { userId: user, deviceId: 'PHONE' },
      type: 'test',
      txnId,
      messages: new Map([[bob, { ONE: { txnId } }]]),
    })
  for (let n = 0; n < 120; n++) send(c, carol, `stranger ${n}`)
  await network.settle()
  const waiting = () => b.accounts.toDeviceWaiting(bob, 'ONE', 1_000)
  expect(waiting()).toBe(100)
  expect(b.db.get('SELECT count(*) AS n FROM to_device_received')).toEqual({ n: 100 })
  expect(b.items.map((item) => item.values['reason'])).toContain('strangers sent 100 that it has not read')
  send(a, alice, 'friend')
  await network.settle()
  expect(waiting()).toBe(101)
  // Whose loss is told are those that somebody may miss.
  expect(b.accounts.lostToDevice()).toEqual([])
  b.accounts.deleteToDevice(bob, 'ONE', b.accounts.maxPos())
  send(c, carol, 'once more')
  await network.settle()
  expect(waiting()).toBe(1)
})

test('many messages at once go in parts that servers take, none lost', async () => {
  const { a, b, alice, bob } = await twoPeople(7)
  const devices: Record<string, JsonObject> = {}
  for (let n = 0; n < 60; n++) {
    b.accounts.createDevice(bob, `D${n}`, undefined)
    devices[`D${n}`] = { text: 'x'.repeat(9_000), n }
  }
  a.keys.sendToDevice({
    session: { userId: alice, deviceId: 'PHONE' },
    type: 'test',
    txnId: 't',
    messages: new Map([[bob, devices]]),
  })
  const sizes = a.db.all('SELECT length(edu) AS n FROM outbox_edus').map((row) => Number(row['n']))
  expect(Math.max(...sizes)).toBeLessThan(64 * 1024)
  await network.settle()
  for (let n = 0; n < 60; n++) expect(b.accounts.toDeviceWaiting(bob, `D${n}`, 9)).toBe(1)
})

test('what waits for a server that never comes back has a bound, and so has what waits for a device', async () => {
  const { a, b, alice, bob } = await twoPeople(10)
  const send = (txnId: string, body = '') =>
    a.keys.sendToDevice({
      session: { userId: alice, deviceId: 'PHONE' },
      type: 'test',
      txnId,
      messages: new Map([[bob, { ONE: { txnId, body } }]]),
    })
  const fill = (sql: string) =>
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO ${sql} FROM n`
  const reasons = (node: TestNode) => node.items.map((item) => item.values['reason'])
  a.db.run(fill("outbox_edus (destination, edu) SELECT 'b', '{}'"))
  send('too many')
  expect(a.outbox.queuedFor(b.name).edus).toBe(20_000)
  expect(reasons(a)).toContain('it has not taken 20000 earlier ones')
  a.db.run('DELETE FROM outbox_edus')
  expect(a.accounts.lostToDevice()).toMatchObject([{ server: 'b', messages: 1 }])

  b.accounts.createDevice(bob, 'ONE', undefined)
  b.db.run(fill(`to_device (id, user_id, device_id, json) SELECT 1000 + i, '${bob}', 'ONE', '{}'`))
  send('one more')
  await network.settle()
  expect(b.accounts.toDeviceWaiting(bob, 'ONE', 30_000)).toBe(20_000)
  expect(reasons(b)).toContain('the device ONE has not read 20000 earlier ones')
  send('and another')
  await network.settle()
  expect(b.accounts.lostToDevice()).toMatchObject([{ userId: bob, deviceId: 'ONE', messages: 2 }])
  b.db.run('DELETE FROM to_device')
  const large = (n: number) =>
    `SELECT ${2_000 + n}, '${bob}', 'ONE', json_object('a', printf('%.5000c', 'x'))`
  for (let n = 0; n < 1_000; n++) b.db.run(`INSERT INTO to_device (id, user_id, device_id, json) ${large(n)}`)
  send('short')
  send('long', 'x'.repeat(5_000))
  await network.settle()
  expect(b.accounts.toDeviceWaiting(bob, 'ONE', 30_000)).toBe(1_001)
  expect(reasons(b)).toContain('the device ONE has not read 1000 earlier ones of more than 4 KiB')
  expect(b.accounts.lostToDevice()).toMatchObject([{ userId: bob, deviceId: 'ONE', messages: 3 }])
  expect(
    b.db.all(
      `EXPLAIN QUERY PLAN SELECT 1 FROM to_device WHERE user_id = 'a' AND device_id = 'b' AND length(json) > 4096 LIMIT 9`,
    ),
  ).toMatchObject([{ detail: expect.stringContaining('to_device_large') as string }])
  // A device that was signed out misses nothing.
  b.accounts.deleteDevice(bob, 'ONE')
  expect(b.accounts.lostToDevice()).toEqual([])
})

test('cross-signing keys travel; others see no signature that tells who verified whom', async () => {
  const { a, b, alice, bob } = await twoPeople(8)
  addDevice(b, bob, 'PHONE')
  const signer = createSigner(bob as unknown as ServerName, 'ed25519:m' as KeyId, network.random.bytes(32))
  const master = signJson({ user_id: bob, usage: ['master'], keys: { 'ed25519:m': 'm' } }, signer)
  const carol = person(b, 'carol')
  b.keys.changeSigningKeys(bob, () => {
    const signatures = {
      ...(own(master, 'signatures') as JsonObject),
      [carol]: { 'ed25519:c': 'she verified him' },
    }
    b.accounts.putCrossSigningKey(bob, 'master', { ...master, signatures })
    b.accounts.putCrossSigningKey(bob, 'user_signing', {
      user_id: bob,
      usage: ['user_signing'],
      keys: { 'ed25519:u': 'u' },
    })
  })
  await network.settle()
  const view = () => network.during(a.keys.query(alice, new Map([[bob, []]]), 5_000))
  const first = await view()
  expect(first.master_keys[bob]).toEqual(master)
  expect(first.user_signing_keys).toEqual({})
  // Her own signature is hers to see.
  a.accounts.putKeySignature(alice, bob, 'm', 'ed25519:a', 'I verified him')
  expect(own(own((await view()).master_keys[bob], 'signatures'), alice)).toEqual({
    'ed25519:a': 'I verified him',
  })

  const before = a.accounts.maxPos()
  const renewed = signJson({ user_id: bob, usage: ['master'], keys: { 'ed25519:n': 'n' } }, signer)
  b.keys.changeSigningKeys(bob, () => b.accounts.putCrossSigningKey(bob, 'master', renewed))
  await network.settle()
  expect(a.accounts.deviceListChanges(before, a.accounts.maxPos())).toEqual([bob])
  expect((await view()).master_keys[bob]).toEqual(renewed)
  expect(asked('keys/query')).toBe(1)
})

test('who comes into a room is told of to its servers, once, and where there was no other', async () => {
  network = await TestNetwork.start(9, 'a', 'b')
  const [a, b] = [network.node('a'), network.node('b')]
  const [alice, bob] = [person(a, 'alice'), person(b, 'bob')]
  addDevice(b, bob, 'PHONE')
  const rooms: RoomId[] = []
  for (let n = 0; n < 2; n++) {
    rooms.push(await network.during(a.rooms.createRoom({ creator: alice, preset: 'public_chat' })))
  }
  const told: unknown[] = []
  for (const room of rooms) {
    const before = a.accounts.maxPos()
    await network.during(b.rooms.joinRoom({ user: bob, room, via: [a.name] }))
    await network.settle()
    told.push(a.accounts.deviceListChanges(before, a.accounts.maxPos()))
  }
  expect(told).toEqual([[bob], []])
})
