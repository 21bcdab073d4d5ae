/** Hearth and Synapse as notaries for each other: for a server that is gone, and to see whether one is reached. */
import { afterEach, expect, test } from 'vitest'
import { makeCertificates } from '../harness/process/certificates.ts'
import { loginToken, startDomainHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixHttp } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { scratchFolder } from '../harness/process/scratch.ts'
import { startSynapse } from '../harness/process/synapse.ts'
import type { StageServer } from './features/stage.ts'

const certificates = makeCertificates(scratchFolder('authority'))
const running: { stop(): Promise<void> }[] = []
const opened: MatrixUser[] = []
let users = 0

afterEach(async () => {
  await Promise.all(opened.splice(0).map((user) => user.close()))
  await Promise.all(running.splice(0).map((server) => server.stop()))
})

async function started<T extends { stop(): Promise<void> }>(server: Promise<T>): Promise<T> {
  const up = await server
  running.push(up)
  return up
}

async function newUser(server: StageServer): Promise<MatrixUser> {
  const user = await MatrixUser.register(server, `user${++users}`)
  opened.push(user)
  await user.startSync()
  return user
}

/** A room of somebody on `maker`, with somebody on `notary`; then `maker` goes for good. */
async function abandonedRoom(
  maker: HearthProcess,
  notary: StageServer,
): Promise<{ room: string; gone: MatrixUser }> {
  const gone = await newUser(maker)
  const stays = await newUser(notary)
  const room = await gone.createRoom({ preset: 'public_chat' })
  await stays.join(room, maker.serverName)
  await stays.waitFor('the room', () => stays.room(room).membershipOf(gone.userId) === 'join')
  await gone.close()
  await maker.stop()
  running.splice(running.indexOf(maker), 1)
  return { room, gone }
}

async function joinLate(
  late: StageServer,
  notary: StageServer,
  room: string,
  gone: MatrixUser,
): Promise<void> {
  const user = await newUser(late)
  await user.join(room, notary.serverName)
  await user.waitFor('who made the room', () => user.room(room).membershipOf(gone.userId) === 'join', 30_000)
  expect(user.room(room).membership).toBe('join')
}

test('Synapse learns from Hearth the keys of a server that is gone', async () => {
  const [maker, notary] = await Promise.all([
    started(startDomainHearth(certificates, { label: 'maker' })),
    started(startDomainHearth(certificates, { label: 'notary' })),
  ])
  const synapse = await started(startSynapse({ certificates, trustedKeyServers: [notary.serverName] }))
  const { room, gone } = await abandonedRoom(maker, notary)
  await joinLate(synapse, notary, room, gone)
})

test('Hearth learns from Synapse the keys of a server that is gone', async () => {
  const [maker, notary] = await Promise.all([
    started(startDomainHearth(certificates, { label: 'maker' })),
    started(startSynapse({ certificates })),
  ])
  const args = ['--trusted-key-server', notary.serverName]
  const late = await started(startDomainHearth(certificates, { label: 'late', args }))
  const { room, gone } = await abandonedRoom(maker, notary)
  await joinLate(late, notary, room, gone)
})

test('Synapse, which does not look back, is asked to fetch keys, and so shows that it reaches Hearth', async () => {
  const [hearth, synapse] = await Promise.all([
    started(startDomainHearth(certificates)),
    started(startSynapse({ certificates })),
  ])
  const owner = await MatrixUser.loginWithToken(new MatrixHttp(hearth.clientUrl), loginToken(hearth.ready))
  opened.push(owner)
  const check = async (): Promise<unknown> => {
    const body = { ask: synapse.serverName }
    const answer = await owner.call<{ steps: { step: string }[] }>('POST', '/_hearth/v1/domain-check', {
      body,
    })
    return answer.steps.find((each) => each.step === 'outside')
  }
  const reached = {
    state: 'ok',
    words: `${synapse.serverName} came and fetched the keys of this server just now.`,
  }
  // Each time anew, whatever it knows from before.
  expect(await check()).toMatchObject(reached)
  expect(await check()).toMatchObject(reached)
})
