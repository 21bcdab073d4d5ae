// Loaded into a node before it starts: writes down how long its event loop stood still, and how much of that it
// was computing (the rest it waited for the disk, or for its turn on the processor).
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

const folder = process.env['HEARTH_STALL_DIR']
const EVERY_MS = 5
// Whoever waits on a thread of its own holds nobody up.
if (folder !== undefined && isMainThread) {
  const file = join(folder, `${process.pid}.log`)
  let last = { at: performance.now(), cpu: process.threadCpuUsage() }
  let worst = { wall: 0, cpu: 0 }
  setInterval(() => {
    const now = { at: performance.now(), cpu: process.threadCpuUsage() }
    const wall = now.at - last.at - EVERY_MS
    const cpu = (now.cpu.user + now.cpu.system - last.cpu.user - last.cpu.system) / 1000
    worst = { wall: Math.max(worst.wall, wall), cpu: Math.max(worst.cpu, cpu) }
    last = now
  }, EVERY_MS).unref()
  setInterval(() => {
    writeFileSync(file, `${Date.now()} ${worst.wall.toFixed(1)} ${worst.cpu.toFixed(1)}\n`, { flag: 'a' })
    worst = { wall: 0, cpu: 0 }
  }, Number(process.env['HEARTH_STALL_LINE_MS'])).unref()
}
