import type { OpenMedia } from '../../media/ports.ts'

/** Client-server, "Serving inline content". */
const inlineTypes: ReadonlySet<string> = new Set([
  'text/css',
  'text/plain',
  'text/csv',
  'application/json',
  'application/ld+json',
  'image/jpeg',
  'image/gif',
  'image/png',
  'image/apng',
  'image/webp',
  'image/avif',
  'video/mp4',
  'video/webm',
  'video/ogg',
  'video/quicktime',
  'audio/mp4',
  'audio/webm',
  'audio/aac',
  'audio/mpeg',
  'audio/ogg',
  'audio/wave',
  'audio/wav',
  'audio/x-wav',
  'audio/x-pn-wav',
  'audio/flac',
  'audio/x-flac',
])

export function essenceOf(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase()
}

/** Headers under which a stranger's file can do nothing but be looked at or saved. */
export function safeHeaders(media: OpenMedia, filename = media.filename): Record<string, string> {
  const disposition = inlineTypes.has(essenceOf(media.contentType)) ? 'inline' : 'attachment'
  const { range, size } = media
  const etag = etagOf(media)
  const length = range === undefined ? size : range.end - range.start + 1
  return {
    'Content-Type': media.contentType,
    'Content-Disposition': disposition + filenameParameter(filename),
    ...(length === undefined ? {} : { 'Content-Length': String(length) }),
    ...(range === undefined ? {} : { 'Content-Range': `bytes ${range.start}-${range.end}/${size ?? '*'}` }),
    'Accept-Ranges': 'bytes',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy':
      "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; style-src 'unsafe-inline'; object-src 'self';",
    'Cross-Origin-Resource-Policy': 'cross-origin',
    // The app's page has another origin, and reads documents in pieces.
    'Access-Control-Expose-Headers': 'Accept-Ranges, Content-Length, Content-Range',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'private, max-age=31536000, immutable',
    ...(etag === undefined ? {} : { ETag: etag }),
  }
}

export function etagOf(media: OpenMedia): string | undefined {
  return media.sha256 === undefined ? undefined : `"${media.sha256}"`
}

/** RFC 6266: a quoted string where ASCII will do, otherwise the extended form. */
function filenameParameter(filename: string | undefined): string {
  if (filename === undefined || filename === '') return ''
  if (/^[\x20-\x7e]*$/.test(filename)) return `; filename="${filename.replace(/["\\]/g, '\\$&')}"`
  const encoded = encodeURIComponent(filename).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `; filename*=utf-8''${encoded}`
}
