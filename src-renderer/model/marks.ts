/** A change of a text: what stands from `start` to `end` is replaced, and this is selected afterwards. */
export interface TextEdit {
  readonly start: number
  readonly end: number
  readonly insert: string
  readonly select: readonly [number, number]
}

export type MarkKind = 'bold' | 'italic' | 'link' | 'code'

const SIGNS = { bold: '**', italic: '*', code: '`' } as const

/** Puts the signs of a format around the selection, or takes them away where they are. */
export function toggleMark(text: string, from: number, to: number, kind: MarkKind): TextEdit {
  const chosen = text.slice(from, to)
  if (kind === 'link') return linkEdit(from, to, chosen)
  if (kind === 'code' && chosen.includes('\n')) {
    const insert = `\`\`\`\n${chosen}\n\`\`\``
    return { start: from, end: to, insert, select: [from + 4, from + 4 + chosen.length] }
  }
  const sign = SIGNS[kind]
  const { length } = sign
  const around =
    text.slice(from - length, from) === sign &&
    text.slice(to, to + length) === sign &&
    // The inner star of a bold text is none of an italic one.
    !(kind === 'italic' && text[from - 2] === '*' && text[from - 3] !== '*')
  if (around)
    return {
      start: from - length,
      end: to + length,
      insert: chosen,
      select: [from - length, to - length],
    }
  return { start: from, end: to, insert: sign + chosen + sign, select: [from + length, to + length] }
}

function linkEdit(from: number, to: number, chosen: string): TextEdit {
  if (isAddress(chosen)) {
    return { start: from, end: to, insert: `[](${chosen})`, select: [from + 1, from + 1] }
  }
  const at = from + chosen.length + 3
  return { start: from, end: to, insert: `[${chosen}]()`, select: [at, at] }
}

/** One address and nothing else. */
export function isAddress(text: string): boolean {
  return /^https?:\/\/\S+$/iu.test(text) && URL.canParse(text)
}
