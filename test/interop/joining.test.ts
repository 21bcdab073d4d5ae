import { afterAll, beforeAll, expect, test } from 'vitest'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { startTriple, type Triple } from '../harness/process/triple.ts'
import { CLIENT, type StageServer } from './features/stage.ts'

/* What needs three servers: one to go to, one that cannot let in, and one that can. */
let triple: Triple
const opened: MatrixUser[] = []

async function newUser(server: StageServer, name: string): Promise<MatrixUser> {
  const user = await MatrixUser.register(server, name)
  opened.push(user)
  await user.startSync()
  return user
}

async function join(user: MatrixUser, room: string, ...via: string[]): Promise<void> {
  const names = via.flatMap((server) => [
    `via=${encodeURIComponent(server)}`,
    `server_name=${encodeURIComponent(server)}`,
  ])
  await user.call('POST', `${CLIENT}/join/${encodeURIComponent(room)}?${names.join('&')}`, { body: {} })
}

beforeAll(async () => {
  triple = await startTriple()
})

afterAll(async () => {
  await Promise.all(opened.map((user) => user.close()))
  await triple?.stop()
})

/** A room of `owner` for the members of a space; `other` is in the room and not in the space. */
async function membersRoom(owner: MatrixUser, other: MatrixUser): Promise<{ space: string; room: string }> {
  const space = await owner.createRoom({ preset: 'public_chat' })
  const content = { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: space }] }
  const room = await owner.createRoom({
    invite: [other.userId],
    initial_state: [{ type: 'm.room.join_rules', state_key: '', content }],
  })
  await other.waitFor('the invite', () => other.room(room).membership === 'invite')
  await other.join(room)
  await owner.waitFor('the join', () => owner.room(room).membershipOf(other.userId) === 'join')
  return { space, room }
}

test('Hearth passes over a Hearth that cannot vouch for its user, and joins through Synapse', async () => {
  const { alice, bob, synapse } = triple
  const [sylvia, ann, ben] = [
    await newUser(synapse, 'sylvia'),
    await newUser(alice, 'ann'),
    await newUser(bob, 'ben'),
  ]
  const { space, room } = await membersRoom(sylvia, ann)
  await join(ben, space, synapse.serverName)
  await sylvia.waitFor('ben in the space', () => sylvia.room(space).membershipOf(ben.userId) === 'join')
  await join(ben, room, alice.serverName, synapse.serverName)
  for (const user of [sylvia, ann])
    await user.waitFor('ben', () => user.room(room).membershipOf(ben.userId) === 'join')
})

test('Synapse passes over a Hearth that cannot vouch for its user, and joins through another', async () => {
  const { alice, bob, synapse } = triple
  const [selma, amy, bill] = [
    await newUser(synapse, 'selma'),
    await newUser(alice, 'amy'),
    await newUser(bob, 'bill'),
  ]
  const { space, room } = await membersRoom(bill, amy)
  await join(selma, space, bob.serverName)
  await bill.waitFor('selma in the space', () => bill.room(space).membershipOf(selma.userId) === 'join')
  await join(selma, room, alice.serverName, bob.serverName)
  for (const user of [bill, amy])
    await user.waitFor('selma', () => user.room(room).membershipOf(selma.userId) === 'join')
})

test('an address of Synapse leads into the room through a Hearth when Synapse is down', async () => {
  const { alice, bob, synapse } = triple
  const [sam, alex, bea] = [
    await newUser(synapse, 'sam'),
    await newUser(alice, 'alex'),
    await newUser(bob, 'bea'),
  ]
  const room_alias_name = `harbour${Date.now()}`
  const room = await sam.createRoom({ preset: 'public_chat', room_alias_name })
  await join(alex, room, synapse.serverName)
  await sam.waitFor('alex', () => sam.room(room).membershipOf(alex.userId) === 'join')
  const alias = encodeURIComponent(`#${room_alias_name}:${synapse.serverName}`)
  const found = await bea.call<{ servers: string[] }>('GET', `${CLIENT}/directory/room/${alias}`)
  expect(found.servers).toContain(alice.serverName)
  await synapse.stop()
  try {
    await join(bea, room, ...found.servers)
    await alex.waitFor('bea', () => alex.room(room).membershipOf(bea.userId) === 'join')
  } finally {
    await synapse.start()
  }
  await sam.waitFor('bea', () => sam.room(room).membershipOf(bea.userId) === 'join', 60_000)
})
