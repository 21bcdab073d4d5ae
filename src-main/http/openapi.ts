import { z } from 'zod'
import type { Description } from './described.ts'

type Schema = Record<string, unknown>

const errorSchema = z
  .looseObject({ errcode: z.string(), error: z.string().describe('A sentence for people') })
  .meta({ id: 'Error' })

const accessWords = {
  owner: 'For the owner of the node.',
  session: 'For every account of the node.',
  everybody: 'Without an access token.',
}

/** The OpenAPI 3.1 document of endpoints; their paths are whole. */
export function openApiDocument(
  info: { title: string; version: string; description: string },
  endpoints: readonly Description[],
): Schema {
  const schemas: Record<string, unknown> = {}
  const convert = (schema: z.ZodType, io: 'input' | 'output'): unknown => {
    const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
    const { $defs, ...own } = atComponents(json) as Schema & { $defs?: Record<string, unknown> }
    Object.assign(schemas, $defs)
    return own
  }
  // What is named is defined where something refers to it.
  convert(z.array(errorSchema), 'output')
  const failure = {
    description: 'Refused or failed',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  }

  const paths: Record<string, Schema> = {}
  for (const one of endpoints) {
    const path = one.path.replaceAll(/:([A-Za-z]+)/g, '{$1}')
    paths[path] = { ...paths[path], [one.method]: operationOf(one, convert, failure) }
  }
  return {
    openapi: '3.1.0',
    info,
    security: [{ accessToken: [] }],
    paths,
    components: {
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'An access token of the Client-Server API',
        },
      },
      schemas,
    },
  }
}

function operationOf(
  { summary, path, query, body, answer, contentType = 'application/json', access = 'owner' }: Description,
  convert: (schema: z.ZodType, io: 'input' | 'output') => unknown,
  failure: Schema,
): Schema {
  const inPath = [...path.matchAll(/:([A-Za-z]+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => {
    const { description, ...json } = convert(schema as z.ZodType, 'output') as Schema
    return {
      name,
      in: 'query',
      required: !(schema as z.ZodType).safeParse(undefined).success,
      ...(description === undefined ? {} : { description }),
      schema: json,
    }
  })
  return {
    summary,
    description: accessWords[access],
    ...(access === 'everybody' ? { security: [] } : {}),
    ...(inPath.length + inQuery.length === 0 ? {} : { parameters: [...inPath, ...inQuery] }),
    ...(body === undefined
      ? {}
      : { requestBody: { content: { 'application/json': { schema: convert(body, 'input') } } } }),
    responses: {
      200: {
        description: 'Done',
        content: { [contentType]: answer === undefined ? {} : { schema: convert(answer, 'output') } },
      },
      default: failure,
    },
  }
}

/** Definitions of a schema stand in one place of the document. */
function atComponents(schema: object): unknown {
  return JSON.parse(
    JSON.stringify(schema).replaceAll('"$ref":"#/$defs/', '"$ref":"#/components/schemas/'),
  ) as unknown
}
