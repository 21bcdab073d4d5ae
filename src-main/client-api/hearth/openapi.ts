import type { Hono } from 'hono'
import { z } from 'zod'
import { describe, descriptionsOf, type Description } from '../../http/described.ts'
import { openApiDocument } from '../../http/openapi.ts'
import { describePrivateApi } from './descriptions.ts'

const BASE = '/_hearth/v1'

/**
 * GET /_hearth/v1/openapi.json, for everybody: the private API, described. It is made of what the endpoints say
 * about themselves, those of the inspector included.
 */
export function registerOpenApi(app: Hono, inspector: Hono | undefined): void {
  describePrivateApi(app)
  describe(app, {
    method: 'get',
    path: `${BASE}/openapi.json`,
    summary: 'This document',
    answer: z.looseObject({ openapi: z.literal('3.1.0') }),
    access: 'everybody',
  })
  let document: object | undefined
  app.get(`${BASE}/openapi.json`, (c) => {
    // Made when it is first asked for: by then everything is described.
    document ??= openApiDocument(
      {
        title: 'Hearth: the private API',
        version: '1',
        description:
          'What is not Matrix: the node’s settings and peers, and the inspector. Times are milliseconds since the epoch, sizes bytes.',
      },
      [...descriptionsOf(app), ...inspectorDescriptions(inspector)],
    )
    return c.json(document)
  })
}

/** With their whole paths. */
export function inspectorDescriptions(inspector: Hono | undefined): Description[] {
  if (inspector === undefined) return []
  return descriptionsOf(inspector).map((one) => ({ ...one, path: `${BASE}/inspector${one.path}` }))
}
