import { expect, test } from 'vitest'
import { roomVersionRules } from '../../core/room-versions.ts'
import { signPduJson } from '../../core/signatures.ts'
import type { Pdu, ServerName, Signer, UserId } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { openMemoryDatabase } from '../../storage/database.ts'
import { createServerKeyStore } from '../../storage/server-keys.ts'
import { fakeClock, publishedKeys, testSigner } from '../test-support.ts'
import { createKeyRing } from './key-ring.ts'

// Events that name servers which nobody can reach, each of which takes its time to fail.

const us = await testSigner(1, 'us.example')
const honest = await testSigner(2, 'honest.example')
const flood = 'flood.example' as ServerName

function start() {
  const clock = fakeClock()
  const asked: ServerName[] = []
  const waiting: (() => void)[] = []
  const ring = createKeyRing({
    client: {
      request(server) {
        asked.push(server)
        return new Promise((resolve, reject) =>
          waiting.push(() => {
            if (server === honest.serverName) resolve(publishedKeys(honest, clock.now() + 3_600_000))
            else reject(new RemoteError(server, 'away', { retryable: true }))
          }),
        )
      },
      open: () => Promise.reject(new Error('not used')),
    },
    store: createServerKeyStore(openMemoryDatabase()),
    clock,
    signer: us,
  })
  const end = async (): Promise<void> => {
    for (const one of waiting.splice(0)) one()
    await new Promise(setImmediate)
  }
  return { asked, ring, end }
}

function event(signer: Signer, server: string = signer.serverName): Pdu {
  const rules = roomVersionRules('10')
  const sender = `@u:${server}` as UserId
  const of = { ...signer, serverName: server as ServerName }
  const json = signPduJson({ type: 'm.x', sender, content: {}, origin_server_ts: 1 }, rules, of)
  return { json, type: 'm.x', sender, content: {}, originServerTs: 1, roomVersion: '10' } as unknown as Pdu
}

test('what one server gives has only so many others asked at once, and not fewer for what another gives', async () => {
  const { asked, ring, end } = start()
  const flooding = Array.from({ length: 200 }, (_, n) => ring.verify(event(us, `away${n}.example`), flood))
  const given = ring.verify(event(honest), 'other.example' as ServerName)
  await new Promise(setImmediate)
  expect(asked).toHaveLength(51)
  expect(asked.at(-1)).toBe(honest.serverName)
  // None of them is refused for good: it is tried again, and then it may be its turn.
  await end()
  expect(await given).toEqual({ result: 'valid' })
  for (const one of await Promise.all(flooding)) expect(one.result).toBe('unavailable')
  const later = ring.verify(event(us, 'away199.example'), flood)
  expect(asked.at(-1)).toBe('away199.example')
  await end()
  expect(await later).toMatchObject({ result: 'unavailable' })
})

test('many that give have only so many asked between them; what is asked already is waited for by all', async () => {
  const { asked, ring, end } = start()
  const given = (n: number, server: string): Promise<{ result: string }> =>
    ring.verify(event(us, server), `flood${n}.example` as ServerName)
  const flooding = Array.from({ length: 1_000 }, (_, n) => given(n % 20, `away${n}.example`))
  await new Promise(setImmediate)
  expect(asked).toHaveLength(300)
  const same = given(99, 'away0.example')
  let settled = false
  void same.then(() => (settled = true))
  await new Promise(setImmediate)
  expect(settled).toBe(false)
  // Who wants to be heard now is not held up by events.
  const request = ring.requestKey(honest.serverName, honest.keyId)
  expect(asked.at(-1)).toBe(honest.serverName)
  await end()
  expect(await request).toMatchObject({ result: 'found' })
  await Promise.all([...flooding, same])
})
