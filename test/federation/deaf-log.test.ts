/** What a node says goes to a file on a full disk: `/dev/full`, where every write fails. */
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startHearth } from '../harness/process/hearth.ts'
import { ownerOf } from '../harness/process/owner.ts'
import { scratchFolder } from '../harness/process/scratch.ts'

const FULL = '/dev/full'

test.skipIf(!existsSync(FULL))(
  'a log on a full disk ends nothing',
  async () => {
    const dataDir = scratchFolder('deaf')
    // Something to be said of.
    writeFileSync(join(dataDir, 'peers.json'), 'no JSON')
    const stderr = openSync(FULL, 'w')
    const node = await startHearth({ label: 'deaf', dataDir, args: ['--no-mdns'], stderr })
    closeSync(stderr)
    const alice = await ownerOf(node)
    await alice.say(await alice.createRoom({}), 'still here')
    expect(node.running).toBe(true)
    await alice.close()
    await node.stop()
  },
  30_000,
)
