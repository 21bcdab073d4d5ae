import TurndownService from 'turndown'
import { parseAddress } from './addresses.ts'
import type { Mention } from './mentions.ts'

/** Beyond it a pasted document is taken as plain text: converting it would stop the typing. */
const LONGEST_HTML = 200_000
const FORMATS = /<(?:b|strong|i|em|a|ul|ol|h[1-6]|blockquote|pre|code|table|del|s|strike)[\s>]/iu

/** Does this HTML say more than its text? Editors' coloured text, for example, does not. */
export function isWorthConverting(html: string): boolean {
  return FORMATS.test(html)
}

/**
 * HTML of a message or of the clipboard as markdown, and whom its links name. Undefined for what is too long
 * or nested too deeply to read.
 */
export function htmlToMarkdown(html: string): { markdown: string; mentions: Mention[] } | undefined {
  if (html.length > LONGEST_HTML) return undefined
  const mentions = new Map<string, Mention>()
  const service = createService((mention) => mentions.set(mention.token, mention))
  try {
    const markdown = service
      .turndown(html)
      .replaceAll('\u00a0', ' ')
      .replaceAll(/\n{3,}/gu, '\n\n')
      .trim()
    return { markdown, mentions: [...mentions.values()] }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Signs that would be read as a format where they stand. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\`*]/gu, '\\$&')
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replaceAll('~~', '\\~~')
    .replaceAll('||', '\\||')
    .replaceAll(/\[(?=[^\]\n]*\]\()/gu, '\\[')
    .replaceAll(/^(\s*)([>+-]|#{1,6})(?=\s)/gmu, '$1\\$2')
    .replaceAll(/^(\s*\d{1,9})([.)])(?=\s)/gmu, '$1\\$2')
}

function createService(found: (mention: Mention) => void): TurndownService {
  const service = new TurndownService({
    headingStyle: 'atx',
    hr: '---',
    bulletListMarker: '-',
    codeBlockStyle: 'fenced',
    emDelimiter: '*',
    strongDelimiter: '**',
    br: '',
  })
  service.escape = escapeMarkdown
  service.remove((node) => ['MX-REPLY', 'SCRIPT', 'STYLE', 'TITLE', 'META'].includes(node.nodeName))
  service.addRule('pill', {
    filter: (node) => node.nodeName === 'A' && personOf(node) !== undefined,
    replacement: (_content, node) => {
      const mention = 'getAttribute' in node ? personOf(node) : undefined
      if (mention !== undefined) found(mention)
      return mention?.token ?? ''
    },
  })
  service.addRule('strike', {
    filter: (node) => ['DEL', 'S', 'STRIKE'].includes(node.nodeName),
    replacement: (content) => (content.trim() === '' ? content : `~~${content}~~`),
  })
  service.addRule('spoiler', {
    filter: (node) => node.hasAttribute('data-mx-spoiler'),
    replacement: (content) => `||${content}||`,
  })
  // Documents of Google are one bold element that is not bold.
  service.addRule('not bold', {
    filter: (node) =>
      node.nodeName === 'B' && /font-weight:\s*normal/iu.test(node.getAttribute('style') ?? ''),
    replacement: (content) => content,
  })
  service.addRule('item', {
    filter: 'li',
    replacement: (content, node) => {
      const sign = itemSign(node)
      const inner = content.trim().replaceAll('\n', `\n${' '.repeat(sign.length)}`)
      return `${sign}${inner}${node.nextSibling === null ? '' : '\n'}`
    },
  })
  service.addRule('table', {
    filter: (node) => node.nodeName === 'TABLE',
    replacement: (_content, node) => ('querySelectorAll' in node ? `\n\n${tableOf(node, service)}\n\n` : ''),
  })
  return service
}

function personOf(node: Element): Mention | undefined {
  const address = parseAddress(node.getAttribute('href') ?? '')
  if (address?.kind !== 'person') return undefined
  const name = (node.textContent ?? '').trim().replace(/^@/u, '') || address.userId.slice(1)
  return { token: `@${name}`, userId: address.userId, name }
}

function itemSign(node: Node): string {
  const list = node.parentNode
  if (list === null || list.nodeName !== 'OL') return '- '
  const items = Array.from(list.childNodes).filter((each) => each.nodeName === 'LI')
  const start = 'getAttribute' in list ? Number((list as Element).getAttribute('start') ?? 1) : 1
  return `${(Number.isSafeInteger(start) ? start : 1) + items.indexOf(node as ChildNode)}. `
}

function tableOf(table: Element, service: TurndownService): string {
  const rows = Array.from(table.querySelectorAll('tr'), (row) =>
    Array.from(row.children, (cell) =>
      service
        .turndown(cell.innerHTML)
        .replaceAll(/\s*\n\s*/gu, ' ')
        .replaceAll('|', '\\|'),
    ),
  )
  const width = Math.max(0, ...rows.map((row) => row.length))
  const line = (cells: readonly string[]): string =>
    `| ${Array.from({ length: width }, (_, index) => cells[index] ?? '').join(' | ')} |`
  const [head, ...body] = rows
  if (head === undefined) return ''
  return [line(head), line(Array.from({ length: width }, () => '---')), ...body.map(line)].join('\n')
}
