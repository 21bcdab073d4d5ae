import { Parser } from 'htmlparser2'

/** What a page says of itself; texts are cleaned and cut. */
export interface PageFacts {
  readonly title: string | undefined
  readonly description: string | undefined
  readonly siteName: string | undefined
  readonly type: string | undefined
  /** As the page wrote it: relative, perhaps, and not yet checked. */
  readonly image: string | undefined
}

const MAX_TITLE = 300
const MAX_DESCRIPTION = 1_000
const MAX_SHORT = 100
const MAX_URL = 2_048

const wanted = new Set([
  'og:title',
  'og:description',
  'og:site_name',
  'og:type',
  'og:image',
  'og:image:url',
  'og:image:secure_url',
  'twitter:title',
  'twitter:description',
  'twitter:image',
  'twitter:image:src',
  'description',
])

/** OpenGraph first, then what Twitter reads, then plain HTML. */
export function parsePage(html: string): PageFacts {
  const meta = new Map<string, string>()
  let title: string | undefined
  let inTitle = false
  // A title inside an inline picture is that picture's.
  let inSvg = 0
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'svg') inSvg++
      else if (name === 'title' && inSvg === 0 && title === undefined) {
        inTitle = true
        title = ''
      } else if (name === 'meta') {
        const key = (attributes['property'] ?? attributes['name'] ?? '').trim().toLowerCase()
        const content = attributes['content']
        if (wanted.has(key) && !meta.has(key) && content !== undefined && content.trim() !== '')
          meta.set(key, content)
      }
    },
    ontext(text) {
      if (inTitle && title !== undefined && title.length < 10 * MAX_TITLE) title += text
    },
    onclosetag(name) {
      if (name === 'title') inTitle = false
      else if (name === 'svg') inSvg--
    },
  })
  parser.end(html)
  const first = (...keys: string[]): string | undefined => {
    for (const key of keys) {
      const value = meta.get(key)
      if (value !== undefined) return value
    }
    return undefined
  }
  const image = first('og:image:secure_url', 'og:image', 'og:image:url', 'twitter:image', 'twitter:image:src')
  return {
    title: cleaned(first('og:title', 'twitter:title') ?? title, MAX_TITLE),
    description: cleaned(first('og:description', 'twitter:description', 'description'), MAX_DESCRIPTION),
    siteName: cleaned(first('og:site_name'), MAX_SHORT),
    type: cleaned(first('og:type'), MAX_SHORT),
    image: image !== undefined && image.length <= MAX_URL ? image.trim() : undefined,
  }
}

/** One line, without what could change how the text around it is shown. */
export function cleaned(text: string | undefined, max: number): string | undefined {
  const line = text
    ?.toWellFormed()
    .replace(/\s+/gu, ' ')
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '')
    .trim()
  if (line === undefined || line === '') return undefined
  return line.length <= max ? line : `${line.slice(0, max - 1).toWellFormed()}…`
}
