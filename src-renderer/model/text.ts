/** A piece of plain text: words, or an address that may be followed. */
export type TextPart = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string }

const CANDIDATE = /\b(?:https?:\/\/|mailto:|www\.|matrix:(?:u|r|roomid)\/)[^\s<>"'`\u200b]+/giu
const TRAILING = /[.,;:!?…]+$/u
const CLOSERS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }
const SAFE_PROTOCOLS = new Set(['http:', 'https:', 'mailto:', 'matrix:'])

/**
 * Splits a message into words and links. Punctuation that ends a sentence is no part of an address, and a
 * closing bracket only when its opening one is. Only http, https, mailto and matrix addresses become links.
 */
export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = []
  let end = 0
  for (const match of text.matchAll(CANDIDATE)) {
    const address = trimAddress(match[0])
    const href = toHref(address)
    if (href === undefined) continue
    if (match.index > end) parts.push({ kind: 'text', text: text.slice(end, match.index) })
    parts.push({ kind: 'link', text: address, href })
    end = match.index + address.length
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) })
  return parts
}

function trimAddress(raw: string): string {
  let address = raw
  for (;;) {
    const without = address.replace(TRAILING, '')
    const last = without.at(-1) ?? ''
    const opener = CLOSERS[last]
    const unbalanced =
      opener !== undefined && without.split(last).length > without.split(opener).length
        ? without.slice(0, -1)
        : without
    if (unbalanced === address) return address
    address = unbalanced
  }
}

function toHref(address: string): string | undefined {
  const candidate = address.toLowerCase().startsWith('www.') ? `https://${address}` : address
  if (!URL.canParse(candidate)) return undefined
  const url = new URL(candidate)
  if (!SAFE_PROTOCOLS.has(url.protocol)) return undefined
  if (url.protocol === 'mailto:') return url.pathname.includes('@') ? url.href : undefined
  // An address such as https://bank.example@evil.example leads elsewhere than it seems to.
  return url.username === '' && url.password === '' ? url.href : undefined
}

/** "Ann", "Ann and Bo", "Ann, Bo and 3 others". */
export function listNames(names: readonly string[]): string {
  const [first = '', second = '', third = ''] = names
  if (names.length <= 1) return first
  if (names.length === 2) return `${first} and ${second}`
  if (names.length === 3) return `${first}, ${second} and ${third}`
  return `${first}, ${second} and ${names.length - 2} others`
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`
}

const MATRIX_ID = /^@[^:\s]+:[^\s]+$/

export function isUserId(text: string): boolean {
  return MATRIX_ID.test(text) && text.length <= 255
}
