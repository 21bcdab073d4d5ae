import { Marked, type RendererObject, type Token, type TokenizerAndRendererExtension } from 'marked'
import type { Mention } from './mentions.ts'

/** A text as it goes out. */
export interface Formatted {
  /** Undefined where the plain text says as much. */
  readonly html: string | undefined
  /** Who is named in it, outside of code. */
  readonly userIds: readonly string[]
  /** The whole room is. */
  readonly room: boolean
}

export interface Names {
  readonly mentions: readonly Mention[]
  /** `@room` reaches everybody. */
  readonly room: boolean
}

/** Schemes that the specification ("m.room.message msgtypes") allows in links, and its own. */
const SAFE = new Set(['https:', 'http:', 'ftp:', 'mailto:', 'matrix:'])
/** What the plain text shows just as well. */
const PLAIN = new Set(['space', 'paragraph', 'text', 'br'])

/** Beyond it, and beyond the depth that the reader of markdown bears, a text goes out as it is. */
const LONGEST = 20_000

/**
 * Markdown, as people know it from chats, to the HTML that the specification allows. HTML in the text is
 * text. A line break is a break; there are no headings by underline, no indented code and no definitions of
 * links, which all surprise somebody who only meant to write.
 */
export function formatMarkdown(text: string, names: Names): Formatted {
  if (text.length > LONGEST) return unformatted(text, names)
  try {
    return format(text, names)
  } catch (error) {
    if (error instanceof RangeError) return unformatted(text, names)
    throw error
  }
}

function unformatted(text: string, { mentions }: Names): Formatted {
  const named = mentions.filter((mention) => text.includes(mention.token))
  return { html: undefined, userIds: [...new Set(named.map((mention) => mention.userId))], room: false }
}

function format(text: string, names: Names): Formatted {
  const userIds = new Set<string>()
  let room = false
  const found = (mention: Mention | undefined): void => {
    if (mention === undefined) room = true
    else userIds.add(mention.userId)
  }
  const marked = new Marked({
    gfm: true,
    breaks: true,
    tokenizer: { html: none, tag: none, lheading: none, code: none, def: none },
    renderer,
    extensions: [spoiler, naming(names, found)],
  })
  const tokens = marked.lexer(text)
  const html = unwrap(marked.parser(tokens).trim())
  const says = !isPlain(tokens) && hasWords(html)
  return { html: says ? html : undefined, userIds: [...userIds], room }
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** The link by which a message names somebody (appendices, "matrix.to navigation"). */
export function pill(userId: string, name: string): string {
  const address = `https://matrix.to/#/${encodeURIComponent(userId).replaceAll('%40', '@').replaceAll('%3A', ':')}`
  return `<a href="${escapeHtml(address)}">${escapeHtml(name)}</a>`
}

const none = (): undefined => undefined

function safeHref(href: string): string | undefined {
  const url = URL.canParse(href) ? new URL(href) : undefined
  return url !== undefined && SAFE.has(url.protocol) ? url.href : undefined
}

const renderer: RendererObject = {
  text(token) {
    return 'tokens' in token && token.tokens !== undefined
      ? this.parser.parseInline(token.tokens)
      : escapeHtml(token.text)
  },
  html: ({ text }) => escapeHtml(text),
  code({ text, lang }) {
    const language = /^[\w+#.-]{1,40}/u.exec(lang ?? '')?.[0]
    const attribute = language === undefined ? '' : ` class="language-${escapeHtml(language)}"`
    return `<pre><code${attribute}>${escapeHtml(text)}\n</code></pre>\n`
  },
  codespan: ({ text }) => `<code>${escapeHtml(text)}</code>`,
  link({ href, tokens, raw }) {
    const safe = safeHref(href)
    return safe === undefined
      ? escapeHtml(raw)
      : `<a href="${escapeHtml(safe)}">${this.parser.parseInline(tokens)}</a>`
  },
  // Pictures in messages may only be the server's own media: an address of one is a link.
  image({ href, text, raw }) {
    const safe = safeHref(href)
    const words = text.trim() === '' ? href : text
    return safe === undefined ? escapeHtml(raw) : `<a href="${escapeHtml(safe)}">${escapeHtml(words)}</a>`
  },
  checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  tablecell(token) {
    const tag = token.header ? 'th' : 'td'
    return `<${tag}>${this.parser.parseInline(token.tokens)}</${tag}>\n`
  },
}

/** `||hidden until clicked||` */
const spoiler: TokenizerAndRendererExtension = {
  name: 'spoiler',
  level: 'inline',
  start: (src) => startOf(src, '||'),
  tokenizer(src) {
    const match = /^\|\|(?=\S)([^\n]*?\S)\|\|/u.exec(src)
    const inner = match?.[1]
    if (match === null || inner === undefined) return undefined
    return { type: 'spoiler', raw: match[0], tokens: this.lexer.inlineTokens(inner) }
  },
  renderer(token) {
    return `<span data-mx-spoiler>${this.parser.parseInline(token.tokens ?? [])}</span>`
  },
}

/** Names of people, and `@room`; not in the middle of a word. */
function naming(
  { mentions, room }: Names,
  found: (mention: Mention | undefined) => void,
): TokenizerAndRendererExtension {
  const known = new Map<string, Mention | undefined>(mentions.map((each) => [each.token, each]))
  if (room) known.set('@room', undefined)
  // The longest first: "@Mia" is also the beginning of "@Mia Lindqvist".
  const tokens = [...known.keys()].toSorted((a, b) => b.length - a.length)
  return {
    name: 'naming',
    level: 'inline',
    start: (src) => startOf(src, '@'),
    tokenizer(src, before) {
      if (!src.startsWith('@') || endsInWord(before.at(-1)?.raw ?? '')) return undefined
      const token = tokens.find((each) => src.startsWith(each) && !startsInWord(src.slice(each.length)))
      if (token === undefined) return undefined
      found(known.get(token))
      return { type: 'naming', raw: token, text: token }
    },
    renderer(token) {
      const mention = known.get(token.raw)
      return mention === undefined ? escapeHtml(token.raw) : pill(mention.userId, mention.name)
    },
  }
}

function startOf(src: string, sign: string): number | undefined {
  const index = src.indexOf(sign)
  return index === -1 ? undefined : index
}

const endsInWord = (text: string): boolean => /[\p{L}\p{N}_]$/u.test(text)
const startsInWord = (text: string): boolean => /^[\p{L}\p{N}_]/u.test(text)

function isPlain(tokens: readonly Token[]): boolean {
  return tokens.every((token) => {
    // An address that stands for itself is made a link by whoever shows it.
    if (token.type === 'link') return token.raw === token['text']
    // `@room` looks the same in both.
    if (token.type === 'naming') return token.raw === '@room'
    return (
      PLAIN.has(token.type) && isPlain('tokens' in token && token.tokens !== undefined ? token.tokens : [])
    )
  })
}

/** A lone `-` is no list, and `***` no line. */
function hasWords(html: string): boolean {
  return /[^\s]/u.test(html.replaceAll(/<[^>]*>/gu, ''))
}

/** One paragraph needs no frame. */
function unwrap(html: string): string {
  const inner = /^<p>([\s\S]*)<\/p>$/u.exec(html)?.[1]
  return inner === undefined || inner.includes('<p>') ? html : inner
}
