import { createElement, useMemo, type CSSProperties, type ReactNode } from 'react'
import { parseAddress } from '../model/addresses.ts'
import { useVerbs } from '../model/conversation.ts'
import { useServices } from '../model/use-client.ts'
import { CodeBlock } from './code-block.tsx'
import { PersonPill, RoomPill, withRoomMention } from './pill.tsx'
import css from './rich-text.module.css'
import { sanitize } from './sanitize.ts'
import { Spoiler } from './spoiler.tsx'

/** "Tags must not be nested more than 100 levels deep": what is deeper is left out. */
const DEEPEST = 100
const MOST_NODES = 5_000

interface RichTextProps {
  /** `org.matrix.custom.html`, as a stranger wrote it. */
  html: string
  /** The message means the whole room, so that `@room` in it is a mention. */
  mentionsRoom: boolean
}

/**
 * A formatted message. It is never put into the page as markup: what the sanitiser lets through is drawn anew,
 * element by element, from a fixed list.
 */
export function RichText({ html, mentionsRoom }: RichTextProps) {
  const nodes = useMemo(() => {
    const budget = { left: MOST_NODES }
    return drawAll(sanitize(html), { depth: 0, mentionsRoom, budget })
  }, [html, mentionsRoom])
  return <div className={css.rich}>{nodes}</div>
}

interface Drawing {
  readonly depth: number
  readonly mentionsRoom: boolean
  readonly budget: { left: number }
}

function drawAll(parent: Node, drawing: Drawing): ReactNode[] {
  if (drawing.depth >= DEEPEST) return []
  const inner = { ...drawing, depth: drawing.depth + 1 }
  return Array.from(parent.childNodes, (node, index) => draw(node, index, inner))
}

const PLAIN_TAGS = new Set([
  ...['del', 'blockquote', 'p', 'ul', 'sup', 'sub', 'li', 'b', 'i', 'u', 'strong', 'em', 's', 'div'],
  ...['table', 'thead', 'tbody', 'tr', 'th', 'td', 'caption', 'details', 'summary'],
])
/** React wants no text between the parts of a table. */
const TABLE_PARTS = new Set(['table', 'thead', 'tbody', 'tr'])

function draw(node: Node, key: number, drawing: Drawing): ReactNode {
  if (drawing.budget.left-- <= 0) return null
  if (node.nodeType === Node.TEXT_NODE) {
    const text = node.textContent ?? ''
    return drawing.mentionsRoom ? withRoomMention(text, key) : text
  }
  if (!(node instanceof Element)) return null
  const tag = node.tagName.toLowerCase()
  switch (tag) {
    case 'br':
    case 'hr':
      return createElement(tag, { key })
    case 'a':
      return (
        <Link key={key} href={node.getAttribute('href') ?? ''} content={drawAll(node, drawing)} node={node} />
      )
    case 'img':
      return <InlinePicture key={key} node={node} />
    case 'pre':
      return <CodeBlock key={key} code={codeOf(node)} language={languageOf(node)} />
    case 'code':
      return <code key={key}>{node.textContent}</code>
    case 'span':
    case 'font':
      return <Span key={key} node={node} content={drawAll(node, drawing)} />
    case 'ol': {
      const start = Number(node.getAttribute('start') ?? 1)
      return (
        <ol key={key} start={Number.isSafeInteger(start) ? start : 1}>
          {drawAll(node, drawing)}
        </ol>
      )
    }
    case 'h1':
    case 'h2':
    case 'h3':
    case 'h4':
    case 'h5':
    case 'h6':
      // Headings of messages are no headings of the page.
      return (
        <p key={key} className={css[tag]}>
          {drawAll(node, drawing)}
        </p>
      )
    default:
      if (!PLAIN_TAGS.has(tag)) return null
  }
  const children = drawAll(node, drawing).filter(
    (child) => !TABLE_PARTS.has(tag) || typeof child === 'object',
  )
  const element = createElement(tag, { key }, ...children)
  return tag === 'table' ? (
    <div key={key} className={css.table}>
      {element}
    </div>
  ) : (
    element
  )
}

const COLOUR = /^#[\da-f]{6}$/iu

function Span({ node, content }: { node: Element; content: ReactNode[] }) {
  if (node.hasAttribute('data-mx-spoiler')) {
    return <Spoiler reason={node.getAttribute('data-mx-spoiler') ?? ''}>{content}</Spoiler>
  }
  const maths = node.getAttribute('data-mx-maths')
  if (maths !== null && node.textContent === '') return <code>{maths}</code>
  const colour = node.getAttribute('data-mx-color') ?? node.getAttribute('color') ?? ''
  const background = node.getAttribute('data-mx-bg-color') ?? ''
  const style: CSSProperties = {}
  // Mixed with the theme's own, so that no colour is unreadable in either theme.
  if (COLOUR.test(colour)) style.color = `color-mix(in oklab, ${colour} 65%, var(--text))`
  if (COLOUR.test(background)) style.background = `color-mix(in oklab, ${background} 28%, transparent)`
  return <span style={style}>{content}</span>
}

function Link({ href, content, node }: { href: string; content: ReactNode[]; node: Element }) {
  const { openLink } = useVerbs()
  const address = parseAddress(href)
  if (address?.kind === 'person') return <PersonPill userId={address.userId} words={node.textContent ?? ''} />
  if (address?.kind === 'room' && address.eventId === undefined)
    return <RoomPill href={href} room={address.room} words={node.textContent ?? ''} />
  if (!/^(?:https?|mailto|matrix):/iu.test(href)) return <>{content}</>
  return (
    <a
      href={href}
      target="_blank"
      rel="noopener noreferrer"
      // Where it leads, when the words say otherwise.
      title={node.textContent === href ? undefined : href}
      onClick={(event) => {
        event.preventDefault()
        openLink(href)
      }}
    >
      {content}
    </a>
  )
}

const TALLEST_PX = 128

/** Pictures inside of words are small: custom emoji, mostly. Only the own node is asked for them. */
function InlinePicture({ node }: { node: Element }) {
  const { client } = useServices()
  const src = node.getAttribute('src') ?? ''
  const words = node.getAttribute('alt') ?? node.getAttribute('title') ?? ''
  const emoji = node.hasAttribute('data-mx-emoticon')
  const height = Math.min(TALLEST_PX, Number(node.getAttribute('height')) || (emoji ? 32 : TALLEST_PX))
  const url = src.startsWith('mxc://') ? client.mediaUrl(src) : undefined
  if (url === undefined) return <>{words}</>
  return (
    <img
      className={emoji ? css.emoticon : css.picture}
      src={url}
      alt={words}
      title={node.getAttribute('title') ?? words}
      style={emoji ? undefined : { maxHeight: height }}
      loading="lazy"
      draggable={false}
    />
  )
}

function codeOf(pre: Element): string {
  return (pre.textContent ?? '').replace(/\n$/u, '')
}

function languageOf(pre: Element): string | undefined {
  const code = pre.querySelector('code')
  const name = code?.className.split(/\s+/u).find((each) => each.startsWith('language-'))
  return name?.slice('language-'.length)
}
