import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { badJson, invalidParam, MatrixError } from './errors.ts'

/*
 * The private API describes itself: `GET /_hearth/v1/openapi.json` is made of what is said here.
 *
 * A new endpoint is added with its description, so that the two cannot disagree:
 *
 *   endpoint(app, {
 *     method: 'get',
 *     path: '/trace/:id',                       // as Hono has it, below the base of `app`
 *     summary: 'One operation',
 *     query: z.object({ … }),                   // texts: numbers by `z.coerce.number()`
 *     answer: traceRecordSchema,                // `.meta({ id: 'Name' })` gives a schema its name in the document
 *   }, async ({ params, query }) => …)          // the answer, as JSON; errors are `MatrixError`
 *
 * One that answers by itself (no JSON, another status) is described beside it, with `describe(app, …)`.
 * A test asks that every route below `/_hearth/v1` is described, and that live answers are as they say.
 */

export interface Description {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  readonly path: string
  readonly summary: string
  readonly query?: z.ZodObject | undefined
  readonly body?: z.ZodType | undefined
  /** Absent: what is answered is no JSON; `contentType` says what. */
  readonly answer?: z.ZodType | undefined
  readonly contentType?: string
  /** Who may ask; default: the owner. */
  readonly access?: 'owner' | 'session' | 'everybody'
}

const described = new WeakMap<Hono, Description[]>()

export function describe(app: Hono, description: Description): void {
  const known = described.get(app)
  if (known === undefined) described.set(app, [description])
  else known.push(description)
}

export function descriptionsOf(app: Hono): readonly Description[] {
  return described.get(app) ?? []
}

export interface Asked<Q, B> {
  readonly params: Readonly<Record<string, string>>
  readonly query: Q
  readonly body: B
  /** Aborted when who asked is gone. */
  readonly signal: AbortSignal
  readonly c: Context
}

const MAX_BODY = 1024 * 1024

/** Adds an endpoint as it is described. What it answers must fit its schema: the compiler sees to that. */
export function endpoint<Q extends z.ZodObject, B extends z.ZodType, A extends z.ZodType>(
  app: Hono,
  description: Description & { query?: Q; body?: B; answer: A },
  handle: (asked: Asked<z.output<Q>, z.output<B>>) => z.input<A> | Promise<z.input<A>>,
): void {
  describe(app, description)
  app.on(description.method.toUpperCase(), description.path, async (c) => {
    const query = description.query?.safeParse(c.req.query())
    if (query?.success === false) throw invalidParam(words(query.error))
    const body = description.body?.safeParse(await readJson(c))
    if (body?.success === false) throw badJson(words(body.error))
    const answer = await handle({
      params: c.req.param() as Record<string, string>,
      query: query?.data as z.output<Q>,
      body: body?.data as z.output<B>,
      signal: c.req.raw.signal,
      c,
    })
    return c.json(answer as object)
  })
}

function words(error: z.ZodError): string {
  const [issue] = error.issues
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}`
}

async function readJson(c: Context): Promise<unknown> {
  let size = 0
  const parts: Uint8Array[] = []
  for await (const part of c.req.raw.body ?? []) {
    size += part.byteLength
    if (size > MAX_BODY) throw new MatrixError(413, 'M_TOO_LARGE', 'The body is too large.')
    parts.push(part)
  }
  const text = Buffer.concat(parts).toString('utf8')
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw new MatrixError(400, 'M_NOT_JSON', 'The body is not JSON.')
  }
}
