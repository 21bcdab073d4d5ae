import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where they are in the sources. */
const sources = {
  'checkpoint-worker': '../storage/checkpoint-worker.ts',
  'hash-worker': '../media/hash-worker.ts',
  'thumbnail-worker': '../media/thumbnails/thumbnail-worker.ts',
}

/**
 * The file of a worker thread: in the sources, or in the bundle beside the entries, of which the code that asks
 * may be a chunk.
 */
export function workerEntry(name: keyof typeof sources): string {
  const here = dirname(fileURLToPath(import.meta.url))
  const places = [sources[name], `${name}.js`, `../${name}.js`]
  const found = places.map((place) => join(here, place)).find((path) => existsSync(path))
  if (found === undefined) throw new Error(`the ${name} is not there`)
  return found
}
