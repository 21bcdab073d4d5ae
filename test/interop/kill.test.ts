import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCertificates } from '../harness/process/certificates.ts'
import { Actor, sameConversation } from '../harness/process/conversation.ts'
import { startDomainHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { scratchFolder } from '../harness/process/scratch.ts'
import { startSynapse, type SynapseProcess } from '../harness/process/synapse.ts'

const ROUNDS = 5

let hearth: HearthProcess
let synapse: SynapseProcess
let ours: MatrixUser
let theirs: MatrixUser

beforeAll(async () => {
  const certificates = makeCertificates(scratchFolder('authority'))
  ;[hearth, synapse] = await Promise.all([startDomainHearth(certificates), startSynapse({ certificates })])
  ours = await MatrixUser.register(hearth, 'ours')
  theirs = await MatrixUser.register(synapse, 'theirs')
  for (const user of [ours, theirs]) await user.startSync({ timelineLimit: 500 })
})

afterAll(async () => {
  await Promise.all([ours?.close(), theirs?.close()])
  await Promise.all([hearth?.stop(), synapse?.stop()])
})

test(`a conversation with somebody on Synapse goes on while the node is killed ${ROUNDS} times`, async () => {
  const room = await ours.createRoom({ preset: 'private_chat', invite: [theirs.userId] })
  await theirs.waitFor('the invite', () => theirs.room(room).membership === 'invite')
  await theirs.join(room)
  let over = false
  const actors = [ours, theirs].map((user) => new Actor(user, room, user.userId))
  const running = Promise.all(actors.map(async (actor) => await actor.run(() => over)))
  for (let round = 0; round < ROUNDS; round++) {
    await delay(400)
    await hearth.kill()
    await hearth.start()
  }
  over = true
  await running
  const episodes = actors.flatMap((actor) => actor.episodes)
  expect(episodes.length).toBeGreaterThan(ROUNDS)
  await sameConversation([ours, theirs], room, episodes)
  for (const user of [ours, theirs]) expect(user.room(room).repeated).toEqual([])
})
