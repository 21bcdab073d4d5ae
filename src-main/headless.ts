import { startFromCommandLine } from './run.ts'

/** The node alone, under plain Node.js: `npm run headless -- [options]`. */
const node = await startFromCommandLine(process.argv.slice(2), (message) => {
  process.stderr.write(`hearth: ${message}\n`)
  process.exit(1)
})

if (node !== undefined) {
  process.stdout.write(`${JSON.stringify({ event: 'ready', ...node.info(), pid: process.pid })}\n`)
  let stopping = false
  const stop = (): void => {
    // A second signal means: now.
    if (stopping) process.exit(1)
    stopping = true
    node.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`hearth: stopping failed: ${String(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', stop)
}
