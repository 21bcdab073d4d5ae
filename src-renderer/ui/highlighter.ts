import hljs from 'highlight.js/lib/common'
import dart from 'highlight.js/lib/languages/dart'
import dockerfile from 'highlight.js/lib/languages/dockerfile'
import elixir from 'highlight.js/lib/languages/elixir'
import haskell from 'highlight.js/lib/languages/haskell'
import latex from 'highlight.js/lib/languages/latex'
import nginx from 'highlight.js/lib/languages/nginx'
import nix from 'highlight.js/lib/languages/nix'
import powershell from 'highlight.js/lib/languages/powershell'
import scala from 'highlight.js/lib/languages/scala'

const more = { dart, dockerfile, elixir, haskell, latex, nginx, nix, powershell, scala }
for (const [name, language] of Object.entries(more)) hljs.registerLanguage(name, language)

export type CodeKind = 'keyword' | 'string' | 'number' | 'comment' | 'title' | 'type' | 'added' | 'removed'

export interface CodePart {
  readonly text: string
  readonly kind: CodeKind | undefined
}

const MOST_KEPT = 200
const kept = new Map<string, readonly CodePart[]>()

/**
 * The parts of some code by what they are. Undefined for a language that is not known; without a language,
 * short code is guessed at. Loaded only when there is code to be seen.
 */
export function highlight(code: string, language: string | undefined): readonly CodePart[] | undefined {
  const key = `${language ?? ''}\n${code}`
  const known = kept.get(key)
  if (known !== undefined) return known
  const name = language === undefined ? undefined : hljs.getLanguage(language) && language
  if (language !== undefined && name === undefined) return undefined
  if (name === undefined && code.length > 2_000) return undefined
  const result =
    name === undefined
      ? hljs.highlightAuto(code)
      : hljs.highlight(code, { language: name, ignoreIllegals: true })
  // A guess that is hardly better than chance colours words at random.
  if (name === undefined && result.relevance < 5) return undefined
  const parts = partsOf(result.value)
  kept.set(key, parts)
  const oldest = kept.keys().next().value
  if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest)
  return parts
}

/** The library answers in markup; only its words and their kinds are taken from it. */
function partsOf(html: string): CodePart[] {
  const template = document.createElement('template')
  template.innerHTML = html
  const parts: CodePart[] = []
  const walk = (node: Node, kind: CodeKind | undefined): void => {
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) parts.push({ text: child.textContent ?? '', kind })
      else if (child instanceof Element) walk(child, kindOf(child.className) ?? kind)
    }
  }
  walk(template.content, undefined)
  return parts
}

const KINDS: Readonly<Record<string, CodeKind>> = {
  keyword: 'keyword',
  'selector-tag': 'keyword',
  tag: 'keyword',
  operator: 'keyword',
  meta: 'comment',
  comment: 'comment',
  quote: 'comment',
  string: 'string',
  regexp: 'string',
  symbol: 'string',
  link: 'string',
  number: 'number',
  literal: 'number',
  title: 'title',
  section: 'title',
  name: 'title',
  function_: 'title',
  type: 'type',
  class_: 'type',
  built_in: 'type',
  attr: 'type',
  attribute: 'type',
  variable: 'type',
  property: 'type',
  addition: 'added',
  deletion: 'removed',
}

function kindOf(className: string): CodeKind | undefined {
  for (const name of className.split(' ')) {
    const kind = KINDS[name.replace(/^hljs-/u, '')]
    if (kind !== undefined) return kind
  }
  return undefined
}
