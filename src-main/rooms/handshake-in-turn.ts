import type { ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { askInTurn } from './ask-in-turn.ts'
import type { RoomsContext } from './context.ts'
import { ServerFailures } from './remote-failure.ts'

/**
 * A handshake of two steps with one server after the other, until one goes through: a template is asked for, of
 * the next server also while one is slow to answer, and what came of it is sent to the server that made it. That
 * is never done with two at a time. The error tells of all of them.
 */
export async function handshakeInTurn<Template, Result>(
  ctx: RoomsContext,
  item: LogItem,
  servers: readonly ServerName[],
  steps: {
    readonly what: 'join' | 'knock'
    readonly make: (server: ServerName) => Promise<Template>
    readonly send: (server: ServerName, template: Template) => Promise<Result>
  },
): Promise<Result> {
  const { what } = steps
  const failures = new ServerFailures(what)
  const tried = new Set<ServerName>()
  const nextTemplate = (): Promise<{ server: ServerName; template: Template } | undefined> =>
    askInTurn(
      ctx.clock,
      servers.filter((server) => !tried.has(server)),
      async (server) => {
        try {
          const template = await item.wrap(`make_${what}`, { server }, () => steps.make(server))
          return tried.has(server) ? undefined : { server, template }
        } catch (error) {
          if (!tried.has(server)) failures.add(server, error)
          tried.add(server)
          return undefined
        }
      },
      (server) => item.note('overtaken', { server }, 'info'),
    )
  for (let next = await nextTemplate(); next !== undefined; next = await nextTemplate()) {
    const { server, template } = next
    tried.add(server)
    try {
      return await steps.send(server, template)
    } catch (error) {
      failures.add(server, error)
    }
  }
  throw failures.error()
}
