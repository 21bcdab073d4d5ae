import type { HearthNode } from './node.ts'
import { startFromCommandLine } from './run.ts'

let node: HearthNode | undefined
let stopping = false

function stop(): void {
  // A second signal means: now. Before the node is ready there is nothing to stop.
  if (stopping || node === undefined) process.exit(stopping ? 1 : 0)
  stopping = true
  node.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`hearth: stopping failed: ${String(error)}\n`)
      process.exit(1)
    },
  )
}

// Before the ready line: who reads that may send a signal at once.
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
process.on('SIGHUP', stop)

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Who started it, and reads what it says, is gone. A log file on a full disk is no reason to end.
    if (error.code === 'EPIPE') process.exit(1)
  })
}

/** The node alone, under plain Node.js: `npm run headless -- [options]`. */
async function start(args: readonly string[]): Promise<void> {
  node = await startFromCommandLine(args, (message) => {
    process.stderr.write(`hearth: ${message}\n`)
    process.exit(1)
  })
  if (node !== undefined) {
    process.stdout.write(`${JSON.stringify({ event: 'ready', ...node.info(), pid: process.pid })}\n`)
  }
}

const [command, ...rest] = process.argv.slice(2)
if (command === 'verify') {
  const { verifyCommand } = await import('./verify/index.ts')
  process.exitCode = await verifyCommand(rest, (line) => process.stdout.write(`${line}\n`))
} else {
  await start(process.argv.slice(2))
}
