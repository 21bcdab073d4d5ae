import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The file of a worker thread of this folder: in the sources, or in the bundle beside the entries, of which the
 * code that asks may be a chunk.
 */
export function workerEntry(name: 'hash-worker' | 'thumbnail-worker'): string {
  const here = dirname(fileURLToPath(import.meta.url))
  const places = [`${name}.ts`, `thumbnails/${name}.ts`, `${name}.js`, `../${name}.js`]
  const found = places.map((place) => join(here, place)).find((path) => existsSync(path))
  if (found === undefined) throw new Error(`the ${name} is not there`)
  return found
}
