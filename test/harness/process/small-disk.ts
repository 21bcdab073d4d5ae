import { execFileSync } from 'node:child_process'
import { scratchFolder } from './scratch.ts'

/** Why no disk can be made that fills up, in words; undefined where it can. */
export function whyNoSmallDisk(): string | undefined {
  if (process.platform !== 'linux') return 'a small disk is made with tmpfs, on Linux'
  const probe = scratchFolder('probe')
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe], { stdio: 'pipe' })
    execFileSync('umount', [probe], { stdio: 'pipe' })
    return undefined
  } catch {
    return 'this machine does not permit mounting'
  }
}
