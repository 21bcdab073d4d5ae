/** More of a message than any list or notification shows. */
const LONGEST_HTML = 10_000
const LONGEST_WORDS = 2_000
/** What is in these is no part of the words. */
const SILENT = new Set([
  'mx-reply',
  'script',
  'style',
  'title',
  'svg',
  'math',
  'template',
  'iframe',
  'object',
])
const BLOCKS = new Set(
  'p div br hr ul ol li h1 h2 h3 h4 h5 h6 blockquote pre table tr details summary'.split(' '),
)
const HIDDEN = '…'

/**
 * The words of a message's HTML on their own, for lists and notifications: what is hidden by its author is
 * `…`. Reads each character once, and draws nothing.
 */
export function htmlWords(html: string): string {
  const text = html.slice(0, LONGEST_HTML)
  const lower = text.replaceAll(/[A-Z]+/gu, (letters) => letters.toLowerCase())
  let words = ''
  /** The element that is hidden, and how many of its name are open in it, itself included. */
  let hidden = ''
  let depth = 0
  let preformatted = 0
  let at = 0

  while (at < text.length && words.length < LONGEST_WORDS) {
    const open = nextTag(text, at)
    if (depth === 0) {
      const piece = decode(text.slice(at, open))
      words += preformatted > 0 ? piece : piece.replaceAll(/\s+/gu, ' ')
    }
    if (open === text.length) break
    const end = endOfTag(text, open)
    const tag = text.slice(open, end)
    const closes = tag.startsWith('</')
    const name = /^<\/?([a-z][a-z\d-]*)/iu.exec(tag)?.[1]?.toLowerCase() ?? ''
    at = end
    if (!closes && SILENT.has(name)) {
      const close = lower.indexOf(`</${name}`, end)
      at = close === -1 ? text.length : endOfTag(text, close)
    } else if (depth > 0) {
      if (name === hidden) depth += closes ? -1 : 1
    } else if (!closes && /\sdata-mx-spoiler(?=[\s=/>]|$)/iu.test(tag)) {
      hidden = name
      depth = 1
      words += HIDDEN
    } else {
      if (name === 'pre') preformatted = Math.max(0, preformatted + (closes ? -1 : 1))
      if (BLOCKS.has(name)) words += '\n'
      else if (name === 'td' || name === 'th') words += ' '
      else if (name === 'img') words += decode(/\salt\s*=\s*"([^"]{1,100})"/iu.exec(tag)?.[1] ?? '')
    }
  }
  return cut(
    words
      .replaceAll(/[ \t]*\n\s*/gu, '\n')
      .replaceAll(/ {2,}/gu, ' ')
      .trim(),
  )
}

/** A `<` that begins no tag is a sign like others. */
function nextTag(text: string, from: number): number {
  for (let at = text.indexOf('<', from); at !== -1; at = text.indexOf('<', at + 1)) {
    if (/[a-z/!]/iu.test(text.charAt(at + 1))) return at
  }
  return text.length
}

/** Behind its `>`; one inside of quotation marks does not end it. */
function endOfTag(text: string, open: number): number {
  if (text.startsWith('<!--', open)) {
    const end = text.indexOf('-->', open + 4)
    return end === -1 ? text.length : end + 3
  }
  let quote = ''
  for (let at = open + 1; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (quote !== '') {
      if (char === quote) quote = ''
    } else if (char === '>') return at + 1
    else if (char === '"' || char === "'") quote = char
  }
  return text.length
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  hellip: '…',
}

function decode(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,6}));/giu,
    (whole: string, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
      const isCharacter = code >= 0x20 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
      return isCharacter ? String.fromCodePoint(code) : ' '
    },
  )
}

function cut(words: string): string {
  return words.length < LONGEST_WORDS ? words : `${words.slice(0, LONGEST_WORDS - 1)}…`
}
