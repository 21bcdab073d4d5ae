/** Refused events and exports of a real node: over TLS, over a restart, for its owner alone. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JsonObject } from '../../src-main/core/types.ts'
import {
  loginToken,
  spawnHearth,
  startHearth,
  trustedTestArgs,
  type HearthProcess,
} from '../harness/process/hearth.ts'
import { joinLiar, lie, sendLies } from '../harness/process/join-liar.ts'
import { Liar, type LiarsRoom } from '../harness/process/liar.ts'
import { MatrixHttp } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { scratchFolder } from '../harness/process/scratch.ts'

let node: HearthProcess
let liar: Liar
let owner: MatrixUser
let token: string
let room: LiarsRoom

beforeAll(async () => {
  ;[node, liar] = await Promise.all([startHearth({ label: 'node', args: trustedTestArgs }), Liar.start()])
  owner = await MatrixUser.loginWithToken(new MatrixHttp(node.clientUrl), loginToken(node.ready))
  token = owner.token
  room = await joinLiar(node, token, liar)
}, 60_000)

afterAll(async () => {
  await owner?.close()
  await Promise.all([node?.stop(), liar?.stop()])
}, 30_000)

const inspector = async (path: string): Promise<JsonObject> =>
  (await new MatrixHttp(node.clientUrl).call('GET', `/_hearth/v1/inspector/${path}`, { token })) as JsonObject
const refusals = async (): Promise<JsonObject[]> => (await inspector('refused'))['refusals'] as JsonObject[]

test('what the liar does is told, also after a restart, and to nobody but the owner', async () => {
  const forged = lie(room, owner.userId, 'in your name')
  const stranger = lie(room, `@stranger:${liar.serverName}`, 'not in here')
  expect(await sendLies(liar, node, forged, stranger)).toBe(200)
  const expected = [
    { event_id: stranger.eventId, outcome: 'rejected', rule_number: '5', origin: liar.serverName },
    { event_id: forged.eventId, outcome: 'not-kept', cause: 'signature', origin: liar.serverName },
  ]
  expect(await refusals()).toMatchObject(expected)

  await node.restart()
  expect(await refusals()).toMatchObject(expected)
  const [, second] = await refusals()
  expect(await inspector(`refused/${second?.['id'] as number}`)).toMatchObject({
    json: { content: { body: 'in your name' } },
    lacking: [node.serverName],
  })
  const http = new MatrixHttp(node.clientUrl)
  await expect(http.call('GET', '/_hearth/v1/inspector/refused', {})).rejects.toMatchObject({ status: 401 })
})

test('a server that the settings deny is turned away unread, and that is told', async () => {
  const http = new MatrixHttp(node.clientUrl)
  const deny = async (names: string[]): Promise<void> => {
    await http.call('PATCH', '/_hearth/v1/settings', { token, body: { deny_domain: names } })
  }
  await deny([liar.serverName])
  for (let times = 0; times < 3; times++)
    expect(await sendLies(liar, node, lie(room, liar.user, 'am I heard?'))).toBe(403)
  const [first] = await refusals()
  expect(first).toMatchObject({
    cause: 'denied-server',
    outcome: 'not-kept',
    origin: liar.serverName,
    count: 1,
  })
  expect(await inspector(`refused/${first?.['id'] as number}`)).toMatchObject({
    title: 'The settings of this Hearth deny that server',
    reason: expect.stringContaining('was not read'),
  })
  await deny([])
})

test('the room is exported, and the command checks it; with one letter changed it says which line', async () => {
  const answer = await fetch(
    `${node.clientUrl}/_hearth/v1/inspector/rooms/${encodeURIComponent(room.roomId)}/export?content=full`,
    { headers: { authorization: `Bearer ${token}` } },
  )
  expect(answer.status).toBe(200)
  const file = join(scratchFolder('export'), 'room.jsonl')
  writeFileSync(file, await answer.text())
  const verify = async (): Promise<{ code: number | null; said: string }> => {
    const child = spawnHearth({ label: 'verify', args: ['verify', file] })
    return { code: (await child.exited).code, said: child.stdout }
  }
  expect(await verify()).toEqual({ code: 0, said: expect.stringContaining('Everything holds.') })

  const text = readFileSync(file, 'utf8')
  const line = text.slice(0, text.indexOf('not in here')).split('\n').length
  writeFileSync(file, text.replace('not in here', 'not at home'))
  expect(await verify()).toEqual({
    code: 1,
    said: expect.stringMatching(
      new RegExp(`FAILED  line ${line}: \\$\\S+: its content is not what its sender hashed`),
    ),
  })
})
