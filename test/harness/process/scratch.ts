import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

// A test runner ends its workers by SIGTERM, which by itself runs no exit handlers.
process.once('SIGTERM', () => process.exit(143))

const folders = new Set<string>()
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A new folder that is gone when the test process ends, unless HEARTH_TEST_KEEP is set to look at it. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `hearth-${name}-`))
  if (process.env['HEARTH_TEST_KEEP'] === undefined) folders.add(folder)
  return folder
}

const given = new Set<number>()

/** A free TCP port, for what must know its own address before it listens; never the same one twice. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer()
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        server.close(() => {
          if (address === null || typeof address === 'string') reject(new Error('no port was given'))
          else resolve(address.port)
        })
      })
    })
    if (!given.has(port)) {
      given.add(port)
      return port
    }
  }
}
