import { ListenError } from './http/listener.ts'
import { loadConfig } from './load-config.ts'
import { textSink } from './log-output.ts'
import { createNode, type HearthNode } from './node.ts'
import { OptionError, parseCommandLine, usage } from './options.ts'
import { restoreIdentityFrom } from './restore-identity.ts'
import { StorageError } from './storage/errors.ts'
import { systemClock } from './trace/clock.ts'
import { Logger } from './trace/log.ts'
import { systemRandom } from './trace/system-random.ts'

/**
 * Starts a node as the command line says. Who calls it listens to errors of `process.stderr`: what could not be
 * said would be said again, for ever. `fail` gets a sentence for people when it cannot start.
 * Undefined after `--help`.
 */
export async function startFromCommandLine(
  args: readonly string[],
  fail: (message: string) => never,
): Promise<HearthNode | undefined> {
  const log = new Logger(systemClock, [textSink((line) => process.stderr.write(`${line}\n`), 'info')])
  // A fault in one operation must not end the conversation of everyone; it is logged with its stack.
  for (const kind of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(kind, (error: unknown) => {
      log.note(kind, { stack: error instanceof Error ? error.stack : String(error) }, 'error')
    })
  }
  try {
    const { options, help } = parseCommandLine(args)
    if (help) {
      process.stdout.write(usage)
      return undefined
    }
    const { warnings, ...loaded } = loadConfig(options)
    for (const warning of warnings) process.stderr.write(`hearth: ${warning}\n`)
    try {
      if (options.restore_identity !== undefined) {
        const { path } = loaded.dataDir
        const said = await restoreIdentityFrom(options.restore_identity, path, loaded.config.serverName)
        process.stderr.write(`hearth: ${said}\n`)
      }
      const node = await createNode({ ...loaded, clock: systemClock, random: systemRandom, log })
      await node.start()
      return node
    } catch (error) {
      loaded.dataDir.close()
      throw error
    }
  } catch (error) {
    const forPeople =
      error instanceof OptionError || error instanceof ListenError || error instanceof StorageError
    // Anything else is a fault, and its stack is wanted.
    if (forPeople) return fail(error.message)
    return fail(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
}
