import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const shape = z.object({
  uri: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.number().int().nonnegative(),
  contentType: z.string().optional(),
  filename: z.string().optional(),
})

/** What is known of a file that has come in part. */
export type PartialDetails = z.infer<typeof shape>

/** Older ones will hardly be asked for again. */
const maxAgeMs = 7 * 24 * 60 * 60_000

/**
 * Files of other servers of which a part has come, `<dir>/<sha256 of the URI>`, each with a `.json` beside it
 * that says which file it will be. Those without are of servers that cannot continue, and are not kept.
 */
export class PartialFiles {
  private readonly dir: string

  constructor(dir: string) {
    this.dir = dir
  }

  nameOf(uri: string): string {
    return createHash('sha256').update(uri).digest('hex')
  }

  pathOf(uri: string): string {
    return join(this.dir, this.nameOf(uri))
  }

  /** What an earlier fetch left; undefined when there is nothing to continue. */
  async find(uri: string): Promise<PartialDetails | undefined> {
    try {
      const text = await readFile(`${this.pathOf(uri)}.json`, 'utf8')
      const details = shape.parse(JSON.parse(text))
      return details.uri === uri ? details : undefined
    } catch {
      // Not there, or cut short by a crash: the fetch begins anew.
      return undefined
    }
  }

  async describe(details: PartialDetails): Promise<void> {
    const path = `${this.pathOf(details.uri)}.json`
    await writeFile(`${path}.new`, JSON.stringify(details), { mode: 0o600 })
    await rename(`${path}.new`, path)
  }

  async remove(uri: string): Promise<void> {
    await rm(this.pathOf(uri), { force: true })
    await this.forget(uri)
  }

  /** The file has another place now. */
  async forget(uri: string): Promise<void> {
    await rm(`${this.pathOf(uri)}.json`, { force: true })
  }

  /** Those that may be continued, the longest untouched first; `name` is `nameOf` their URI. */
  async list(): Promise<{ name: string; bytes: number }[]> {
    const found: { name: string; bytes: number; mtimeMs: number }[] = []
    for (const name of await readdir(this.dir)) {
      if (name.includes('.')) continue
      const there = await stat(join(this.dir, name)).catch(() => undefined)
      if (there !== undefined) found.push({ name, bytes: there.size, mtimeMs: there.mtimeMs })
    }
    return found.toSorted((a, b) => a.mtimeMs - b.mtimeMs)
  }

  async drop(name: string): Promise<void> {
    await rm(join(this.dir, name), { force: true })
    await rm(join(this.dir, `${name}.json`), { force: true })
  }

  /** Makes the folder; removes what cannot be continued, or is old. `now` in ms since the epoch. */
  async tidy(now: number): Promise<void> {
    await mkdir(this.dir, { recursive: true })
    const names = new Set(await readdir(this.dir))
    for (const name of names) {
      const path = join(this.dir, name)
      const whole = name.endsWith('.json') ? names.has(name.slice(0, -5)) : names.has(`${name}.json`)
      const mtimeMs = await stat(path).then(
        (found) => found.mtimeMs,
        () => now,
      )
      if (!whole || now - mtimeMs > maxAgeMs) await rm(path, { force: true })
    }
  }
}
