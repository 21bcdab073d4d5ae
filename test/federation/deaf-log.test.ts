/** What a node says goes to a file on a full disk: `/dev/full`, where every write fails. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { repositoryRoot, scratchFolder } from '../harness/process/scratch.ts'

const FULL = '/dev/full'

test.skipIf(!existsSync(FULL))(
  'a log on a full disk ends nothing',
  async () => {
    const dataDir = scratchFolder('deaf')
    // Something to be said of.
    writeFileSync(join(dataDir, 'peers.json'), 'no JSON')
    const log = openSync(FULL, 'w')
    const node = spawn(
      join(repositoryRoot, 'node_modules', '.bin', 'node'),
      [
        process.env['HEARTH_HEADLESS'] ?? join(repositoryRoot, 'src-main', 'headless.ts'),
        ...['--data-dir', dataDir, '--no-mdns', '--client-listen', '127.0.0.1:0'],
        ...['--federation-listen', '127.0.0.1:0'],
      ],
      { stdio: ['ignore', 'pipe', log] },
    )
    closeSync(log)
    try {
      if (node.stdout === null) throw new Error('no pipe')
      const lines = createInterface({ input: node.stdout })
      const ended = once(node, 'exit').then(() => Promise.reject(new Error('it ended')))
      const line = String((await Promise.race([once(lines, 'line'), ended]))[0])
      ended.catch(() => undefined)
      const { client_url: url } = JSON.parse(line) as { client_url: string }
      expect((await fetch(new URL('/_matrix/client/versions', url))).status).toBe(200)
      expect(node.exitCode).toBeNull()
    } finally {
      node.kill('SIGKILL')
    }
  },
  30_000,
)
