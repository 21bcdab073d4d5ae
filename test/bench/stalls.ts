import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { repositoryRoot, scratchFolder } from '../harness/process/scratch.ts'
import type { BenchServer } from './measure.ts'

/** The probe writes a line so often: what happened before a moment may still be in the line that follows it. */
export const STALL_LINE_MS = 200

let folder: string | undefined

/** The environment in which a node writes down how long its event loop stood still. */
export function stallProbe(): Record<string, string> {
  folder ??= scratchFolder('stalls')
  const probe = pathToFileURL(join(repositoryRoot, 'test', 'bench', 'stall-probe.mjs')).href
  return {
    HEARTH_STALL_DIR: folder,
    HEARTH_STALL_LINE_MS: String(STALL_LINE_MS),
    NODE_OPTIONS: `--import=${probe}`,
  }
}

/** The longest stall of a server since a moment (`Date.now()`), as text; a dash for one without the probe. */
export function longestStall(server: BenchServer, since: number): string {
  const file = folder === undefined ? undefined : join(folder, `${server.pid}.log`)
  if (file === undefined || !existsSync(file)) return '–'
  let [wall, cpu] = [0, 0]
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const [at = 0, lineWall = 0, lineCpu = 0] = line.split(' ').map(Number)
    if (at < since) continue
    wall = Math.max(wall, lineWall)
    cpu = Math.max(cpu, lineCpu)
  }
  return `${Math.round(wall)} ms (computing ${Math.round(cpu)} ms)`
}
