import type { NodeConfig } from './config.ts'
import { serveRenderer } from './http/browser-mode.ts'
import { isAllowedHost, isLoopback } from './http/loopback-guard.ts'
import { pathOf } from './http/path-of.ts'

type Serve = (request: Request, env: unknown) => Response | Promise<Response>

/** What the client listener answers: the Client-Server API, and beside it the app for browsers. */
export function createClientSite(
  config: Pick<NodeConfig, 'clientListen' | 'rendererDir'>,
  api: Serve,
): (request: Request, env: unknown) => Promise<Response> {
  return async (request, env) => {
    if (isLoopback(config.clientListen.host) && !isAllowedHost(request.headers.get('host'), [])) {
      return Response.json(
        { errcode: 'M_FORBIDDEN', error: 'This address serves only this machine.' },
        { status: 403 },
      )
    }
    const isApi = /^\/(_matrix|_hearth|_synapse|\.well-known)(\/|$)/.test(pathOf(request.url))
    const reads = request.method === 'GET' || request.method === 'HEAD'
    if (!isApi && reads && config.rendererDir !== undefined) {
      const page = await serveRenderer(config.rendererDir, pathOf(request.url), "'self'")
      if (page !== undefined) return page
    }
    return api(request, env)
  }
}
