import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCertificates } from '../harness/process/certificates.ts'
import { startDomainHearth } from '../harness/process/hearth.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { scratchFolder } from '../harness/process/scratch.ts'
import { startSynapse, type SynapseProcess } from '../harness/process/synapse.ts'

/* A Synapse whose owner allows certain servers only (`federation_domain_whitelist`), this Hearth not among them. */
let hearth: Awaited<ReturnType<typeof startDomainHearth>>
let synapse: SynapseProcess
let alice: MatrixUser
let sylvia: MatrixUser

beforeAll(async () => {
  const certificates = makeCertificates(scratchFolder('authority'))
  ;[hearth, synapse] = await Promise.all([startDomainHearth(certificates), startSynapse({ certificates })])
  ;[alice, sylvia] = await Promise.all([
    MatrixUser.register(hearth, 'alice'),
    MatrixUser.register(synapse, 'sylvia'),
  ])
  await Promise.all([alice.startSync(), sylvia.startSync()])
})

afterAll(async () => {
  await Promise.all([alice?.close(), sylvia?.close()])
  await Promise.all([hearth?.stop(), synapse?.stop()])
})

/** Starts Synapse anew; `allowed` undefined is everybody. */
async function allowOnly(allowed: readonly string[] | undefined): Promise<void> {
  await synapse.stop()
  const path = join(synapse.folder, 'homeserver.yaml')
  const { federation_domain_whitelist: _before, ...config } = JSON.parse(
    readFileSync(path, 'utf8'),
  ) as Record<string, unknown>
  const list = allowed === undefined ? {} : { federation_domain_whitelist: allowed }
  writeFileSync(path, JSON.stringify({ ...config, ...list }))
  await synapse.start()
}

test('a message that waits for a Synapse that denies this Hearth says so, until it is allowed again', async () => {
  const room = await alice.createRoom({ preset: 'private_chat', invite: [sylvia.userId] })
  await sylvia.waitFor('the invite', () => sylvia.room(room).membership === 'invite')
  await sylvia.join(room)
  await alice.waitFor('the join', () => alice.room(room).membershipOf(sylvia.userId) === 'join')
  const state = async (eventId: string): Promise<unknown> => {
    const path = `/_hearth/v1/rooms/${encodeURIComponent(room)}/delivery/${encodeURIComponent(eventId)}`
    return (await alice.call<{ destinations: unknown[] }>('GET', path)).destinations[0]
  }
  const deniedBy = async (): Promise<unknown> => await alice.call('GET', '/_hearth/v1/denied-by')

  await allowOnly(['elsewhere.example'])
  const eventId = await alice.say(room, 'Can you hear me?')
  const timeout = { timeout: 20_000 }
  await expect.poll(() => state(eventId), timeout).toMatchObject({ state: 'waiting', denied: true })
  expect(await deniedBy()).toEqual({ servers: [synapse.serverName] })

  await allowOnly(undefined)
  await sylvia.say(room, 'Now I can')
  await expect.poll(() => state(eventId), timeout).toMatchObject({ state: 'delivered' })
  expect(await deniedBy()).toEqual({ servers: [] })
})
