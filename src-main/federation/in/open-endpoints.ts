import type { JsonObject } from '../../core/types.ts'
import { MatrixError, missingParam, notFound } from '../../http/errors.ts'
import type { FederationDeps } from './endpoint.ts'
import { createPeerLimits } from './limits.ts'
import { createNotary } from './notary.ts'
import { createServerKeys } from './server-keys.ts'
import { version } from './version.ts'

/** One request that needs no authentication. */
export interface OpenCall {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Of the peer, as the listener saw it. */
  readonly address: string
  /** The parsed body, `{}` for GET. */
  readonly body: JsonObject
}

export interface OpenEndpoint {
  readonly method: 'GET' | 'PUT' | 'POST'
  readonly path: string
  readonly maxBody?: number
  handle(call: OpenCall): unknown
}

/** The endpoints that anybody may use, without a signature. */
export function openEndpoints(deps: FederationDeps): OpenEndpoint[] {
  const serverKeys = createServerKeys(deps)
  const notary = createNotary(deps, serverKeys)
  // Each binding may have this server ask others, at the word of whoever calls itself an identity server.
  const bindings = createPeerLimits({ clock: deps.clock, perSecond: 0.2, burst: 20, parallel: 4 })
  const wellKnown = (kind: 'server' | 'client'): OpenEndpoint => ({
    method: 'GET',
    path: `/.well-known/matrix/${kind}`,
    handle() {
      const answer = deps.wellKnown?.[kind]()
      if (answer === undefined) throw notFound('This server says nothing about where it is.')
      // Web pages ask for the one of clients (client-server, "Well-known URIs").
      return Response.json(answer, { headers: { 'access-control-allow-origin': '*' } })
    },
  })
  return [
    { method: 'GET', path: '/_matrix/federation/v1/version', handle: () => version(deps) },
    { method: 'GET', path: '/_matrix/key/v2/server', handle: () => serverKeys() },
    // The deprecated form, with a key id that has no effect.
    { method: 'GET', path: '/_matrix/key/v2/server/:keyId', handle: () => serverKeys() },
    {
      method: 'GET',
      path: '/_matrix/key/v2/query/:serverName',
      handle: ({ params, query, address }) =>
        notary.one(params['serverName'] ?? '', query.get('minimum_valid_until_ts'), address),
    },
    {
      method: 'POST',
      path: '/_matrix/key/v2/query',
      maxBody: 262_144,
      handle: ({ body, address }) => notary.many(body, address),
    },
    {
      method: 'GET',
      path: '/_matrix/federation/v1/openid/userinfo',
      handle({ query }) {
        const token = query.get('access_token')
        if (token === null) throw missingParam('The query has no access_token.')
        const user = deps.openIdUser?.(token)
        if (user === undefined) {
          throw new MatrixError(401, 'M_UNKNOWN_TOKEN', 'The access token is unknown or has expired.')
        }
        return { sub: user }
      },
    },
    // PUT by the server-server specification, POST by that of the identity service, and by identity servers.
    ...(['PUT', 'POST'] as const).map((method) => ({
      method,
      path: '/_matrix/federation/v1/3pid/onbind',
      maxBody: 262_144,
      async handle({ body, address }: OpenCall) {
        const leave = deps.rateLimits ? bindings.enter(address) : () => undefined
        try {
          await deps.rooms.thirdPartyBound(body)
          return {}
        } finally {
          leave()
        }
      },
    })),
    wellKnown('server'),
    wellKnown('client'),
  ]
}
