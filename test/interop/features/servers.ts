import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { signaturesReady, verifyJsonSignature } from '../../../src-main/core/signatures.ts'
import type { JsonObject } from '../../../src-main/core/types.ts'
import { HearthProcess } from '../../harness/process/hearth.ts'
import { rawRequest } from '../../harness/process/raw-http.ts'
import { SynapseProcess } from '../../harness/process/synapse.ts'
import { reconfigure, theOwnerOf } from './administer.ts'
import type { Feature } from './feature.ts'
import { CLIENT, eventually, type StageServer } from './stage.ts'

interface PublishedKeys extends JsonObject {
  server_name: string
  verify_keys: Record<string, { key: string }>
  old_verify_keys: Record<string, { key: string; expired_ts: number }>
}

/** What anybody on the federation gets from a server. */
async function federation<T>(server: StageServer, path: string): Promise<{ status: number; body: T }> {
  const { status, body } = await rawRequest(`https://${server.serverName}${path}`)
  return { status, body: JSON.parse(body) as T }
}

const keysOf = async (server: StageServer): Promise<PublishedKeys> =>
  (await federation<PublishedKeys>(server, '/_matrix/key/v2/server')).body

function isSignedBy(answer: JsonObject, signer: PublishedKeys): boolean {
  return Object.entries(signer.verify_keys).some(([keyId, { key }]) =>
    verifyJsonSignature(answer, signer.server_name, keyId, key),
  )
}

/** Gives a server another signing key in the way that it has for that. */
async function exchangeKey(server: StageServer): Promise<void> {
  if (server instanceof HearthProcess) {
    const owner = await theOwnerOf(server)
    await owner.call('POST', '/_hearth/v1/rotate-key', { body: {} })
  } else if (server instanceof SynapseProcess) {
    const [keyId = '', published] = Object.entries((await keysOf(server)).verify_keys)[0] ?? []
    const old_signing_keys = { [keyId]: { key: published?.key, expired_ts: Date.now() } }
    const seed = randomBytes(32).toString('base64').replace(/=+$/, '')
    await reconfigure(server, { old_signing_keys }, () =>
      writeFileSync(join(server.folder, 'signing.key'), `ed25519 a_next ${seed}\n`),
    )
  }
}

export const servers: Feature[] = [
  {
    name: 'Keys of one server, told by the other (notary)',
    async run({ fromServer, toServer }) {
      await signaturesReady()
      const [keyId = ''] = Object.keys((await keysOf(fromServer)).verify_keys)
      const asked = { [fromServer.serverName]: { [keyId]: { minimum_valid_until_ts: Date.now() } } }
      const { body } = await rawRequest(`https://${toServer.serverName}/_matrix/key/v2/query`, {
        method: 'POST',
        body: JSON.stringify({ server_keys: asked }),
      })
      const { server_keys: answers } = JSON.parse(body) as { server_keys: JsonObject[] }
      const told = answers.find((entry) => entry['server_name'] === fromServer.serverName) ?? {}
      expect(told['verify_keys']).toEqual((await keysOf(fromServer)).verify_keys)
      expect(isSignedBy(told, await keysOf(fromServer))).toBe(true)
      expect(isSignedBy(told, await keysOf(toServer))).toBe(true)
    },
  },
  {
    name: 'Proving to others who one is (OpenID)',
    async run({ from, fromServer, toServer }) {
      const path = `${CLIENT}/user/${encodeURIComponent(from.userId)}/openid/request_token`
      const token = await from.call<Record<string, string>>('POST', path, { body: {} })
      expect(token['matrix_server_name']).toBe(fromServer.serverName)
      const userinfo = `/_matrix/federation/v1/openid/userinfo?access_token=${token['access_token'] ?? ''}`
      expect(await federation(fromServer, userinfo)).toEqual({ status: 200, body: { sub: from.userId } })
      expect((await federation(toServer, userinfo)).status).toBe(401)
    },
  },
  {
    name: 'A new signing key of the server, and what the old one signed',
    alone: true,
    async run(stage) {
      const room = await stage.room()
      const before = await stage.from.say(room, 'signed with the old key')
      await stage.shown(room, before)
      const [oldId = ''] = Object.keys((await keysOf(stage.fromServer)).verify_keys)
      await exchangeKey(stage.fromServer)
      const published = await keysOf(stage.fromServer)
      expect(Object.keys(published.verify_keys)).not.toContain(oldId)
      expect(Object.keys(published.old_verify_keys)).toContain(oldId)
      const after = await eventually('the new message', () => stage.from.say(room, 'signed with the new key'))
      await stage.shown(room, after)
      // Somebody who comes now gets both.
      const { to } = await stage.withNewPeople()
      await stage.from.invite(room, to.userId)
      await to.waitFor('the invite', () => to.room(room).membership === 'invite')
      await to.join(room)
      await to.waitFor('the room', () => to.room(room).membership === 'join')
      await stage.to.waitFor('the newcomer', () => stage.to.room(room).membershipOf(to.userId) === 'join')
    },
  },
]
