import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Clock ticks of `/proc`; the same on every Linux that runs this. */
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** What a process has used of the processors since its start, in seconds. */
export function cpuSeconds(pid: number): number {
  // The name of the program may hold spaces and brackets; the figures come after its end.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Where a server keeps its data. */
export function folderOf(server: object): string {
  if ('dataDir' in server && typeof server.dataDir === 'string') return server.dataDir
  if ('folder' in server && typeof server.folder === 'string') return server.folder
  throw new Error('the server has no folder')
}

/** What the files of a folder take of the disk, in bytes, as `du` counts it; logs are left out. */
export function diskBytes(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += diskBytes(path)
    // Files may go while they are counted.
    else if (!entry.name.endsWith('.log'))
      bytes += (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512
  }
  return bytes
}

/** The most memory that a process held at once since the last call for it, in bytes. */
export function peakMemory(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  // From here on the kernel counts anew.
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  return Number(kilobytes ?? Number.NaN) * 1024
}
