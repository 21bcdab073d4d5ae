import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { createSigner, signaturesReady, signJson } from '../../../src-main/core/signatures.ts'
import type { JsonObject, KeyId, ServerName, Signer } from '../../../src-main/core/types.ts'
import { EncryptedPerson } from '../../harness/process/encrypted-person.ts'
import { passwordOf, type MatrixUser } from '../../harness/process/matrix-user.ts'
import { MatrixError } from '../../harness/process/matrix-http.ts'
import type { Feature } from './feature.ts'
import { CLIENT, eventually, type Stage } from './stage.ts'

type Keys = Record<string, Record<string, Record<string, unknown>>>

const encrypted = {
  initial_state: [
    { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
  ],
}

async function deviceOf(user: MatrixUser): Promise<string> {
  return String((await user.call('GET', `${CLIENT}/account/whoami`))['device_id'])
}

/** What signs for a user: a cross-signing key under its own name, or a device. */
function signerOf(user: MatrixUser, device?: string): Signer {
  const signer = createSigner(user.userId as unknown as ServerName, 'ed25519:x' as KeyId, randomBytes(32))
  return { ...signer, keyId: `ed25519:${device ?? signer.publicKey}` as KeyId }
}

async function uploadDevice(
  user: MatrixUser,
  more: object = {},
): Promise<{ device: string; keys: JsonObject }> {
  await signaturesReady()
  const device = await deviceOf(user)
  const signer = signerOf(user, device)
  const keys = signJson(
    {
      user_id: user.userId,
      device_id: device,
      algorithms: ['m.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2'],
      keys: { [`curve25519:${device}`]: signer.publicKey, [signer.keyId]: signer.publicKey },
    },
    signer,
  )
  await user.call('POST', `${CLIENT}/keys/upload`, { body: { device_keys: keys, ...more } })
  return { device, keys }
}

async function query(viewer: MatrixUser, of: MatrixUser): Promise<Record<string, Keys>> {
  const answer = await viewer.call<Record<string, Keys>>('POST', `${CLIENT}/keys/query`, {
    body: { device_keys: { [of.userId]: [] } },
  })
  expect(answer['failures'] ?? {}).toEqual({})
  return answer
}

const devicesSeen = async (viewer: MatrixUser, of: MatrixUser) =>
  Object.keys((await query(viewer, of))['device_keys']?.[of.userId] ?? {}).sort()

/** A password is asked for by some servers, and by others only when keys are replaced. */
async function uploadSigningKeys(user: MatrixUser, body: object): Promise<void> {
  const path = `${CLIENT}/keys/device_signing/upload`
  try {
    await user.call('POST', path, { body })
  } catch (error) {
    if (!(error instanceof MatrixError) || error.status !== 401) throw error
    const { session } = error.body as { session: string }
    const localpart = /^@([^:]+):/.exec(user.userId)?.[1] ?? ''
    const identifier = { type: 'm.id.user', user: localpart }
    const auth = { type: 'm.login.password', session, identifier, password: passwordOf(localpart) }
    await user.call('POST', path, { body: { ...body, auth } })
  }
}

async function claim(stage: Stage, device: string): Promise<string | undefined> {
  const { from, to } = stage
  const answer = await to.call<Record<string, Keys>>('POST', `${CLIENT}/keys/claim`, {
    body: { one_time_keys: { [from.userId]: { [device]: 'signed_curve25519' } } },
  })
  return Object.keys(answer['one_time_keys']?.[from.userId]?.[device] ?? {})[0]
}

export const encryption: Feature[] = [
  {
    name: 'Device list & keys of a person on the other server',
    async run(outer) {
      const stage = await outer.withNewPeople()
      const { from, to } = stage
      const { device, keys } = await uploadDevice(from)
      await stage.room(encrypted)
      const seen = (await query(to, from))['device_keys']?.[from.userId]?.[device]
      expect(seen).toMatchObject(keys)
      // A new device is told of, and then seen; one that is gone likewise.
      to.devicesChanged.clear()
      const tablet = await stage.secondDevice(from, stage.fromServer)
      const second = await uploadDevice(tablet)
      await to.waitFor('the new device', () => to.devicesChanged.has(from.userId))
      await eventually('both devices', async () =>
        expect(await devicesSeen(to, from)).toEqual([device, second.device].sort()),
      )
      to.devicesChanged.clear()
      await tablet.stopSync()
      await tablet.call('POST', `${CLIENT}/logout`, { body: {} })
      await to.waitFor('the logout', () => to.devicesChanged.has(from.userId))
      await eventually('one device', async () => expect(await devicesSeen(to, from)).toEqual([device]))
    },
  },
  {
    name: 'One-time key claimed',
    async run(outer) {
      const stage = await outer.withNewPeople()
      const { device } = await uploadDevice(stage.from, {
        one_time_keys: { 'signed_curve25519:A': { key: 'a', signatures: {} } },
        fallback_keys: { 'signed_curve25519:F': { key: 'f', fallback: true, signatures: {} } },
      })
      expect(await claim(stage, device)).toBe('signed_curve25519:A')
      expect(await claim(stage, device)).toBe('signed_curve25519:F')
      expect(await claim(stage, device)).toBe('signed_curve25519:F')
      expect(await claim(stage, 'NONE')).toBeUndefined()
    },
  },
  {
    name: 'To-device message',
    async run(outer) {
      const stage = await outer.withNewPeople()
      const { from, to } = stage
      const other = await stage.secondDevice(to, stage.toServer)
      const device = await deviceOf(to)
      for (let n = 0; n < 20; n++) {
        const path = `${CLIENT}/sendToDevice/org.example.test/n${n}-${device}`
        const messages = { [to.userId]: { [n % 5 === 0 ? '*' : device]: { n } } }
        await from.call('PUT', path, { body: { messages } })
      }
      await to.waitFor('the messages', () => to.toDevice.length >= 20)
      await other.waitFor('the messages to all', () => other.toDevice.length >= 4)
      const read = (user: MatrixUser) => user.toDevice.map(({ content }) => content['n'])
      expect(read(to)).toEqual(Array.from({ length: 20 }, (_, n) => n))
      expect(read(other)).toEqual([0, 5, 10, 15])
      expect(to.toDevice[0]).toMatchObject({ sender: from.userId, type: 'org.example.test' })
    },
  },
  {
    name: 'Cross-signing keys, and devices signed by them',
    async run(outer) {
      const stage = await outer.withNewPeople()
      const { from, to } = stage
      const { device, keys } = await uploadDevice(from)
      await stage.room(encrypted)
      await query(to, from)
      const [master, self] = [signerOf(from), signerOf(from)]
      const key = (usage: string, signer: Signer) => ({
        user_id: from.userId,
        usage: [usage],
        keys: { [signer.keyId]: signer.publicKey },
      })
      const masterKey = key('master', master)
      const selfSigning = signJson(key('self_signing', self), master)
      to.devicesChanged.clear()
      await uploadSigningKeys(from, { master_key: masterKey, self_signing_key: selfSigning })
      await to.waitFor('the keys', () => to.devicesChanged.has(from.userId))
      await eventually('the cross-signing keys', async () => {
        const seen = await query(to, from)
        expect(seen['master_keys']?.[from.userId]).toMatchObject(masterKey)
        expect(seen['self_signing_keys']?.[from.userId]).toMatchObject(selfSigning)
      })
      const signed = { [from.userId]: { [device]: signJson(keys, self) } }
      const uploaded = await from.call('POST', `${CLIENT}/keys/signatures/upload`, { body: signed })
      expect(uploaded['failures'] ?? {}).toEqual({})
      await eventually('the signature', async () => {
        const seen = (await query(to, from))['device_keys']?.[from.userId]?.[device]?.['signatures']
        expect((seen as Record<string, object>)[from.userId]).toHaveProperty([self.keyId])
      })
    },
  },
  {
    name: 'Encrypted messages, both ways (matrix-js-sdk)',
    async run(stage) {
      const alice = await EncryptedPerson.start(stage.fromServer)
      const bob = await EncryptedPerson.start(stage.toServer)
      try {
        const room = await alice.createEncryptedRoom(bob.userId)
        await bob.join(room)
        await alice.seesJoined(room, bob.userId)
        await alice.say(room, 'nobody else reads this')
        expect((await bob.reads(room, 'nobody else reads this')).getWireType()).toBe('m.room.encrypted')
        await bob.say(room, 'nor this')
        await alice.reads(room, 'nor this')
      } finally {
        alice.close()
        bob.close()
      }
    },
  },
]
