import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { bundlePath, bundleType, contentSecurityPolicy } from '../http/browser-mode.ts'

export const appScheme = 'hearth-app'
export const appOrigin = `${appScheme}://app`

/**
 * Serves the built renderer under the app's own scheme; refuses every other host and every path
 * outside the bundle. `connect` is the node's address, the only one that the page may talk to.
 */
export async function serveApp(url: string, rendererDir: string, connect: string): Promise<Response> {
  const { host, pathname } = new URL(url)
  const file = host === 'app' ? bundlePath(rendererDir, pathname) : undefined
  const type = file === undefined ? undefined : bundleType(extname(file))
  if (file === undefined || type === undefined) return new Response('Not found', { status: 404 })
  try {
    const body = await readFile(file)
    return new Response(new Uint8Array(body), {
      headers: {
        'content-type': type,
        'content-security-policy': contentSecurityPolicy(connect),
        'x-content-type-options': 'nosniff',
      },
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Response('Not found', { status: 404 })
    throw error
  }
}
