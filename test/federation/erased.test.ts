/** What is deleted is deleted: no file of either node's data folder has the words any more. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import type { MatrixUser } from '../harness/process/matrix-user.ts'
import { introduce, ownerOf } from '../harness/process/owner.ts'
import { until } from '../harness/process/wait.ts'

/** The node promises some seconds; a loaded machine gets more. */
const BOUND_MS = 60_000

let nodes: HearthProcess[]
let alice: MatrixUser
let bob: MatrixUser
let room: string

beforeAll(async () => {
  const args = ['--no-mdns', '--no-rate-limits']
  nodes = await Promise.all([startHearth({ label: 'here', args }), startHearth({ label: 'there', args })])
  const [here, there] = nodes
  if (here === undefined || there === undefined) throw new Error('two nodes are needed')
  ;[alice, bob] = await Promise.all([ownerOf(here), ownerOf(there)])
  await introduce(alice, there)
  await Promise.all([alice.startSync(), bob.startSync()])
  room = await alice.createRoom({ preset: 'private_chat', invite: [bob.userId] })
  await bob.join(room, here.serverName)
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all((nodes ?? []).map((node) => node.stop()))
}, 30_000)

function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text))
    .map((entry) => entry.name)
}

test(
  'a deleted message and its edits are in no file of either node, within a bounded time',
  async () => {
    const word = 'zanzibarmarmalade'
    const message = await alice.say(room, `the ${word} is a secret`)
    const edit = await alice.sendEvent(room, 'm.room.message', {
      msgtype: 'm.text',
      body: `* the ${word} is still a secret`,
      'm.new_content': { msgtype: 'm.text', body: `the ${word} is still a secret` },
      'm.relates_to': { rel_type: 'm.replace', event_id: message },
    })
    await bob.waitFor('the edit', () => bob.room(room).has(edit))
    for (const node of nodes) expect(filesWith(node.dataDir, word)).not.toEqual([])
    const redaction = await alice.redact(room, message)
    await bob.waitFor('the redaction', () => bob.room(room).has(redaction))
    for (const node of nodes) {
      await until(
        `no file with the words at ${node.serverName}`,
        () => filesWith(node.dataDir, word).length === 0,
        BOUND_MS,
        500,
      )
    }
    expect((await bob.event(room, message)).content).toEqual({})
  },
  3 * BOUND_MS,
)
