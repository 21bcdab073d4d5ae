import { z } from 'zod'
import { parseEventId, parseServerName } from '../core/ids.ts'
import { isObject } from '../core/json.ts'
import type { EventId, JsonObject, ServerName } from '../core/types.ts'
import { endpoint } from '../http/described.ts'
import { badJson } from '../http/errors.ts'
import type { InspectorEndpoints } from './app.ts'

/** A shell takes about this much as one word. */
const MAX_BODY = 100_000

export interface CurlSource {
  curl(request: {
    server: ServerName
    method: 'GET' | 'PUT' | 'POST' | 'DELETE'
    uri: string
    content: JsonObject | undefined
    /** In place of `content`: the events of a transaction. */
    events: readonly EventId[] | undefined
  }): Promise<{ command: string; notes: readonly string[] }>
}

const bodySchema = z.object({
  server: z.string().max(255).describe('The server that the request is for'),
  method: z.enum(['GET', 'PUT', 'POST', 'DELETE']),
  path: z
    .string()
    .max(8000)
    .regex(/^\/_matrix\/[\x21-\x7e]*$/, 'must begin with /_matrix/, percent-encoded')
    .describe('With its query'),
  body: z.custom<JsonObject>(isObject, 'must be an object').optional(),
  events: z
    .array(z.custom<EventId>((id) => parseEventId(id) !== undefined, 'must be an event ID'))
    .max(50)
    .optional()
    .describe('In place of `body`: that of a transaction, made anew of these events, without its EDUs'),
})

/** `POST curl`: nothing is sent; a command is made, signed with this server's key. */
export function curlEndpoints(source: CurlSource): InspectorEndpoints {
  return (app) => {
    endpoint(
      app,
      {
        method: 'post',
        path: '/curl',
        summary: 'A request to another server as a curl command, freshly signed; it is not sent',
        body: bodySchema,
        answer: z.object({
          command: z.string().describe('For a POSIX shell'),
          notes: z.array(z.string()).describe('What to know before it is run'),
        }),
      },
      async ({ body: { server, method, path, body, events } }) => {
        const name = parseServerName(server)?.serverName
        if (name === undefined) throw badJson('server: must be a server name')
        if (method === 'GET' && (body ?? events) !== undefined) throw badJson('body: a GET has none')
        if (body !== undefined && JSON.stringify(body).length > MAX_BODY)
          throw badJson('body: too long for a command line')
        const made = await source.curl({ server: name, method, uri: path, content: body, events })
        return { command: made.command, notes: [...made.notes] }
      },
    )
  }
}
