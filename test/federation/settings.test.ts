/** Presence, profiles, and settings that take effect at once, between two real nodes with names of keys. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HearthProcess } from '../harness/process/hearth.ts'
import type { MatrixUser } from '../harness/process/matrix-user.ts'
import { startIntroduced } from '../harness/process/owner.ts'

let here: HearthProcess
let there: HearthProcess
let alice: MatrixUser
let bob: MatrixUser
let room: string

async function patch(user: MatrixUser, body: object): Promise<Record<string, unknown>> {
  return await user.http.call('PATCH', '/_hearth/v1/settings', { token: user.token, body })
}

beforeAll(async () => {
  ;({ here, there, alice, bob, room } = await startIntroduced())
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all([here?.stop(), there?.stop()])
}, 30_000)

const presenceOf = async (asking: MatrixUser, user: MatrixUser): Promise<unknown> => {
  try {
    const path = `/_matrix/client/v3/presence/${encodeURIComponent(user.userId)}/status`
    return (await asking.call<{ presence: string }>('GET', path)).presence
  } catch {
    return undefined
  }
}
const timeout = { timeout: 15_000 }

test('people on the LAN see who is there, until it is turned off', async () => {
  await expect.poll(() => presenceOf(bob, alice), timeout).toBe('online')
  await expect.poll(() => presenceOf(alice, bob), timeout).toBe('online')
  const status = `/_matrix/client/v3/presence/${encodeURIComponent(alice.userId)}/status`
  await alice.call('PUT', status, { body: { presence: 'online', status_msg: 'By the fire' } })
  const seen = async (): Promise<string> => {
    const answer = await bob.call<{ presence?: { events?: { sender: string; content: object }[] } }>(
      'GET',
      '/_matrix/client/v3/sync',
    )
    return JSON.stringify(answer.presence?.events?.filter((event) => event.sender === alice.userId))
  }
  await expect.poll(seen, timeout).toContain('By the fire')

  expect(await patch(alice, { presence: 'off' })).toMatchObject({ presence: 'off' })
  await expect.poll(() => presenceOf(bob, alice), timeout).toBe('offline')
  expect(await seen()).toBe('[]')
  await patch(alice, { presence: 'lan' })
  await expect.poll(() => presenceOf(bob, alice), timeout).toBe('online')
  await expect(patch(alice, { presence: 'sometimes' })).rejects.toMatchObject({ status: 400 })
})

test('a new name and picture reach the room and whoever asks, and back', async () => {
  for (const [user, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const profile = `/_matrix/client/v3/profile/${encodeURIComponent(user.userId)}`
    const name = `Renamed ${user.userId.slice(0, 12)}`
    const avatar = `mxc://${user === alice ? here.serverName : there.serverName}/picture`
    await user.call('PUT', `${profile}/displayname`, { body: { displayname: name } })
    await user.call('PUT', `${profile}/avatar_url`, { body: { avatar_url: avatar } })
    const member = () => other.room(room).stateContent('m.room.member', user.userId)
    await other.waitFor('the new name', () => member()?.['displayname'] === name)
    await other.waitFor('the new picture', () => member()?.['avatar_url'] === avatar)
    expect(await other.call('GET', profile)).toMatchObject({ displayname: name, avatar_url: avatar })
  }
})

test('who leaves is gone for the others, and back after a restart', async () => {
  await expect.poll(() => presenceOf(alice, bob), timeout).toBe('online')
  await there.stop()
  await expect.poll(() => presenceOf(alice, bob), timeout).toBe('offline')
  await there.start()
  await expect.poll(() => presenceOf(alice, bob), timeout).toBe('online')
  await expect.poll(() => presenceOf(bob, alice), timeout).toBe('online')
}, 60_000)

test('the node looks behind links of the web, not at its own machine, and not at all when that is turned off', async () => {
  const preview = (url: string) =>
    alice.call('GET', '/_matrix/client/v1/media/preview_url', { query: { url } })
  for (const url of [`${here.clientUrl}/`, 'http://localhost/', 'http://[::1]/', 'http://192.168.0.1/'])
    await expect(preview(url)).rejects.toMatchObject({ status: 400, errcode: 'M_INVALID_PARAM' })
  await expect(
    alice.call('GET', '/_matrix/client/v1/media/preview_url', { query: {} }),
  ).rejects.toMatchObject({ status: 400, errcode: 'M_MISSING_PARAM' })
  expect(await patch(alice, { link_previews: false })).toMatchObject({ link_previews: false })
  await expect(preview('http://localhost/')).rejects.toMatchObject({ status: 403, errcode: 'M_FORBIDDEN' })
  await patch(alice, { link_previews: null })
  await expect(
    alice.call('GET', '/_matrix/media/v3/preview_url', { query: { url: 'http://localhost/' } }),
  ).rejects.toMatchObject({ status: 400 })
  await expect(patch(alice, { link_previews: 'no' })).rejects.toMatchObject({ status: 400 })
})
