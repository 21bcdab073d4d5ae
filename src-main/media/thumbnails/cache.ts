import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../trace/clock.ts'

const maxBytes = 500_000_000
const touchEveryMs = 60 * 60_000

interface Entry {
  readonly name: string
  readonly bytes: number
  readonly usedTs: number
}

/**
 * Made thumbnails in one folder, `<sha256 of the original>-<key>.<jpg|png>`. Those longest unused go when
 * there are too many; how long is told by the files' own times, so that a restart forgets nothing.
 */
export class ThumbnailCache {
  private readonly dir: string
  private readonly clock: Clock
  private entries: Promise<Map<string, Entry>> | undefined
  private bytes = 0

  constructor(dir: string, clock: Clock) {
    this.dir = dir
    this.clock = clock
  }

  async find(id: string): Promise<{ path: string; bytes: number; type: string } | undefined> {
    const entries = await this.load()
    const entry = entries.get(id)
    if (entry === undefined) return undefined
    const now = this.clock.now()
    const path = join(this.dir, entry.name)
    entries.delete(id)
    if (now - entry.usedTs > touchEveryMs) {
      const there = await utimes(path, now / 1000, now / 1000).then(
        () => true,
        () => false,
      )
      if (!there) return undefined
    }
    // The order of the map is the order of use.
    entries.set(id, now - entry.usedTs > touchEveryMs ? { ...entry, usedTs: now } : entry)
    return { path, bytes: entry.bytes, type: entry.name.endsWith('.png') ? 'image/png' : 'image/jpeg' }
  }

  /** No sync: what a power cut takes is made again, and a cut file never gets its name. */
  async put(id: string, bytes: Uint8Array, type: string): Promise<void> {
    const entries = await this.load()
    const name = `${id}.${type === 'image/png' ? 'png' : 'jpg'}`
    const temporary = join(this.dir, `.${randomUUID()}`)
    try {
      await writeFile(temporary, bytes, { mode: 0o600, flush: true })
      await rename(temporary, join(this.dir, name))
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
    this.bytes += bytes.byteLength - (entries.get(id)?.bytes ?? 0)
    entries.delete(id)
    entries.set(id, { name, bytes: bytes.byteLength, usedTs: this.clock.now() })
    for (const [oldest, entry] of entries) {
      if (this.bytes <= maxBytes) break
      if (oldest !== id) await this.drop(entries, oldest, entry)
    }
  }

  /** The original is gone. */
  async removeAllOf(sha256: string): Promise<void> {
    const entries = await this.load()
    for (const [id, entry] of entries) if (id.startsWith(`${sha256}-`)) await this.drop(entries, id, entry)
  }

  private async drop(entries: Map<string, Entry>, id: string, entry: Entry): Promise<void> {
    entries.delete(id)
    this.bytes -= entry.bytes
    await rm(join(this.dir, entry.name), { force: true })
  }

  private load(): Promise<Map<string, Entry>> {
    this.entries ??= this.scan()
    return this.entries
  }

  private async scan(): Promise<Map<string, Entry>> {
    await mkdir(this.dir, { recursive: true })
    const found: Entry[] = []
    for (const name of await readdir(this.dir)) {
      const path = join(this.dir, name)
      // Begun and never finished.
      if (name.startsWith('.')) await rm(path, { force: true })
      else if (/^[0-9a-f]{64}-[a-z0-9]+\.(jpg|png)$/.test(name)) {
        const { size, mtimeMs } = await stat(path)
        found.push({ name, bytes: size, usedTs: mtimeMs })
      }
    }
    for (const { bytes } of found) this.bytes += bytes
    const inOrder = found.toSorted((a, b) => a.usedTs - b.usedTs)
    return new Map(inOrder.map((entry) => [entry.name.slice(0, -4), entry]))
  }
}
