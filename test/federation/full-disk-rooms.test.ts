import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import type { MatrixUser } from '../harness/process/matrix-user.ts'
import { introduce, ownerOf } from '../harness/process/owner.ts'
import { scratchFolder } from '../harness/process/scratch.ts'
import { whyNoSmallDisk } from '../harness/process/small-disk.ts'
import { until } from '../harness/process/wait.ts'

/* The disk of one of two nodes is full while it fetches what is larger than a message: rooms, and their history. */

const denied = whyNoSmallDisk()
const args = ['--no-mdns', '--no-rate-limits']

describe.skipIf(denied !== undefined)(
  `a full disk while rooms are fetched${denied === undefined ? '' : ` (skipped: ${denied})`}`,
  () => {
    const disk = scratchFolder('disk')
    let full: HearthProcess
    let other: HearthProcess
    let alice: MatrixUser
    let bob: MatrixUser

    beforeAll(async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk])
      const dataDir = join(disk, 'data')
      mkdirSync(dataDir, { mode: 0o700 })
      ;[full, other] = await Promise.all([
        startHearth({ label: 'full', dataDir, args }),
        startHearth({ label: 'other', args }),
      ])
      ;[alice, bob] = await Promise.all([ownerOf(full), ownerOf(other)])
      await Promise.all([introduce(alice, other), introduce(bob, full)])
      await bob.startSync()
    }, 60_000)

    afterAll(async () => {
      await Promise.all([alice?.close(), bob?.close()])
      await Promise.all([full?.kill(), other?.kill()])
      execFileSync('umount', ['-l', disk])
    }, 30_000)

    function fillUp(): void {
      expect(() => {
        for (let n = 0; ; n++) writeFileSync(join(disk, `ballast${n}`), Buffer.alloc(64 * 1024))
      }).toThrow(/ENOSPC/)
    }

    function makeRoom(): void {
      for (const name of readdirSync(disk)) if (name.startsWith('ballast')) rmSync(join(disk, name))
    }

    const fullDisk = { status: 507, message: expect.stringMatching(/disk .*full/) }

    test('a join comes to nothing, is told so, and goes through when there is room again', async () => {
      const room = await bob.createRoom({ preset: 'public_chat' })
      for (let n = 0; n < 200; n++)
        await bob.setState(room, 'org.example.filler', { text: 'x'.repeat(50_000) }, `${n}`)
      fillUp()
      await expect(alice.join(room, other.serverName)).rejects.toMatchObject(fullDisk)
      const joined = async (): Promise<unknown> =>
        (await alice.call('GET', '/_matrix/client/v3/joined_rooms'))['joined_rooms']
      expect(await joined()).toEqual([])
      await expect(alice.roomState(room)).rejects.toMatchObject({ status: 403 })
      // Nor does it come back as half a room.
      await full.kill()
      makeRoom()
      await full.start()
      expect(await joined()).toEqual([])
      await expect(alice.roomState(room)).rejects.toMatchObject({ status: 403 })

      await alice.join(room, other.serverName)
      const filler = (await alice.roomState(room)).filter(({ type }) => type === 'org.example.filler')
      expect(filler).toHaveLength(200)
      await alice.say(room, 'in')
      await bob.waitForText(room, 'in')
    }, 120_000)

    test('history comes to nothing, is told so, and is all there when there is room again', async () => {
      const room = await bob.createRoom({ preset: 'public_chat' })
      const said = Array.from({ length: 300 }, (_, n) => `${n} ${'x'.repeat(30_000)}`)
      for (const text of said) await bob.say(room, text)
      await alice.join(room, other.serverName)
      // A log that was longer would have room for all of it; a clean end leaves none.
      await full.restart()
      fillUp()
      await expect(alice.history(room)).rejects.toMatchObject(fullDisk)
      expect(full.running, full.stderr).toBe(true)
      makeRoom()
      const texts = async (): Promise<unknown[]> =>
        (await alice.history(room))
          .filter(({ type }) => type === 'm.room.message')
          .map(({ content }) => content['body'])
      await until('the disk takes it again', async () => (await texts()).length === said.length, 20_000)
      expect(await texts()).toEqual(said)
    }, 120_000)
  },
)
