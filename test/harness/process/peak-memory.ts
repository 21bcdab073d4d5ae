import { readFileSync, writeFileSync } from 'node:fs'

/** The most memory that a process held at once since the last call for it, in bytes; 0 where that is not told. */
export function peakMemory(pid: number): number {
  if (process.platform !== 'linux') return 0
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  // From here on the kernel counts anew.
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  return Number(kilobytes ?? Number.NaN) * 1024
}
