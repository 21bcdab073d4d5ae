import { z } from 'zod'
import { parseServerName } from '../core/ids.ts'
import { isObject } from '../core/json.ts'
import type { JsonObject, ServerName } from '../core/types.ts'
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
      async ({ body: { server, method, path, body } }) => {
        const name = parseServerName(server)?.serverName
        if (name === undefined) throw badJson('server: must be a server name')
        if (method === 'GET' && body !== undefined) throw badJson('body: a GET has none')
        if (body !== undefined && JSON.stringify(body).length > MAX_BODY)
          throw badJson('body: too long for a command line')
        const made = await source.curl({ server: name, method, uri: path, content: body })
        return { command: made.command, notes: [...made.notes] }
      },
    )
  }
}
