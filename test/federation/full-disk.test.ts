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

/* The disk of one of two nodes is full for a while, on a real small file system. */

const denied = whyNoSmallDisk()
const args = ['--no-mdns', '--no-rate-limits']

describe.skipIf(denied !== undefined)(
  `a full disk among two nodes${denied === undefined ? '' : ` (skipped: ${denied})`}`,
  () => {
    const disk = scratchFolder('disk')
    let full: HearthProcess
    let other: HearthProcess
    let alice: MatrixUser
    let bob: MatrixUser
    let room = ''

    beforeAll(async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', disk])
      const dataDir = join(disk, 'data')
      mkdirSync(dataDir, { mode: 0o700 })
      ;[full, other] = await Promise.all([
        startHearth({ label: 'full', dataDir, args }),
        startHearth({ label: 'other', args }),
      ])
      ;[alice, bob] = await Promise.all([ownerOf(full), ownerOf(other)])
      await Promise.all([introduce(alice, other), introduce(bob, full)])
      await Promise.all([alice.startSync({ timelineLimit: 200 }), bob.startSync({ timelineLimit: 200 })])
      room = await bob.createRoom({ preset: 'private_chat', invite: [alice.userId] })
      await alice.waitFor('the invite', () => alice.room(room).membership === 'invite')
      await alice.join(room, other.serverName)
      await bob.waitFor('the join', () => bob.room(room).membershipOf(alice.userId) === 'join')
    }, 60_000)

    afterAll(async () => {
      await Promise.all([alice?.close(), bob?.close()])
      await Promise.all([full?.kill(), other?.kill()])
      execFileSync('umount', ['-l', disk])
    }, 30_000)

    test('takes nothing that it cannot keep, goes on answering, and gets all of it when there is room again', async () => {
      const said: string[] = []
      const write = async (): Promise<string> => {
        const text = `${said.length} ${'x'.repeat(20_000)}`
        const id = await bob.say(room, text)
        said.push(text)
        return id
      }
      await write()
      await alice.waitForText(room, said[0] ?? '')
      expect(() => {
        for (let n = 0; ; n++) writeFileSync(join(disk, `ballast${n}`), Buffer.alloc(64 * 1024))
      }).toThrow(/ENOSPC/)
      // What room the database still has in its own files is used up, and then nothing is taken any more.
      const trouble = await until(
        'bob is told that it does not arrive',
        async () => {
          const id = await write()
          const { destinations } = await bob.call<{ destinations: { state: string; error?: string }[] }>(
            'GET',
            `/_hearth/v1/rooms/${encodeURIComponent(room)}/delivery/${encodeURIComponent(id)}`,
          )
          return destinations.find(({ state, error }) => state === 'waiting' && error !== undefined)
        },
        20_000,
        100,
      )
      expect(trouble.error).toMatch(/problem of its own/)
      await expect(alice.say(room, `mine ${'y'.repeat(20_000)}`)).rejects.toMatchObject({
        status: 507,
        message: expect.stringMatching(/disk .*full/),
      })
      const entered = { server_name: other.serverName, address: '127.0.0.1:9' }
      const enter = async (): Promise<unknown> =>
        await alice.call('POST', '/_hearth/v1/peers', { body: entered })
      await expect(enter()).rejects.toMatchObject({
        status: 507,
        message: expect.stringMatching(/disk .*full/),
      })
      expect(full.running, full.stderr).toBe(true)
      expect(full.stderr).toMatch(/disk .*full/)
      expect((await alice.history(room)).length).toBeGreaterThan(0)

      for (const name of readdirSync(disk)) if (name.startsWith('ballast')) rmSync(join(disk, name))
      await alice.waitForText(room, said.at(-1) ?? '', 40_000)
      await enter()
      await full.kill()
      await full.start()
      const { peers } = await alice.call<{ peers: { addresses: string[] }[] }>('GET', '/_hearth/v1/peers')
      expect(peers.flatMap(({ addresses }) => addresses)).toContain(entered.address)
      const kept = (await alice.history(room))
        .filter((event) => event.type === 'm.room.message')
        .map((event) => String(event.content['body']))
      expect(kept.toSorted()).toEqual(said.toSorted())
    }, 120_000)
  },
)
