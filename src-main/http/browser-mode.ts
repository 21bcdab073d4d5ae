import { readFile } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'

/**
 * Connections only to the bundle and the own node, `connect`, from which images, video and sound come too (in
 * Electron it is another origin than the page); WebAssembly is for encryption and for pictures in PDFs.
 */
export function contentSecurityPolicy(connect: string): string {
  const self = connect === "'self'" ? connect : `'self' ${connect}`
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    // Inline style attributes are how a virtualised list positions its rows.
    "style-src 'self' 'unsafe-inline'",
    `img-src ${self} blob: data:`,
    `media-src ${self} blob:`,
    "font-src 'self'",
    // Fonts, tables and decoders for PDFs are fetched from the bundle.
    `connect-src ${self}`,
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.map': 'application/json',
  '.ogg': 'audio/ogg',
  // Character tables and fonts for PDFs.
  '.bcmap': 'application/octet-stream',
  '.pfb': 'application/octet-stream',
  '.ttf': 'font/ttf',
}

/** Content type of a bundle file's extension; undefined for what is never part of a bundle. */
export function bundleType(extension: string): string | undefined {
  return types[extension]
}

/** The file of the bundle that a URL path names; undefined for anything outside the bundle. */
export function bundlePath(rendererDir: string, pathname: string): string | undefined {
  let decoded: string
  try {
    decoded = decodeURIComponent(pathname)
  } catch {
    return undefined
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return undefined
  const root = resolve(rendererDir)
  const file = resolve(join(root, decoded === '/' ? 'index.html' : decoded))
  return file.startsWith(root + sep) ? file : undefined
}

/** Serves the built renderer. Answers undefined when there is no such file. */
export async function serveRenderer(
  rendererDir: string,
  pathname: string,
  connect: string,
): Promise<Response | undefined> {
  const file = bundlePath(rendererDir, pathname)
  const type = file === undefined ? undefined : types[extname(file)]
  if (file === undefined || type === undefined) return undefined
  let body: Buffer
  try {
    body = await readFile(file)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return undefined
    throw error
  }
  return new Response(new Uint8Array(body), {
    headers: {
      'content-type': type,
      'content-security-policy': contentSecurityPolicy(connect),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      // Names under assets/ carry a hash of their content.
      'cache-control': pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    },
  })
}
