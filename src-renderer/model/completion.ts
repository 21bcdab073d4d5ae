/** What is being typed before the cursor that a list can complete. */
export interface Completion {
  readonly kind: 'person' | 'emoji' | 'command'
  /** Without its sign. */
  readonly query: string
  /** Where its sign stands. */
  readonly start: number
}

// A name may have several words; two are enough to find anybody.
const PERSON = /(?:^|[\s(])(@([^\s@]{0,40}(?: [^\s@]{0,40})?))$/u
const EMOJI = /(?:^|[\s(])(:([a-z0-9_+-]{2,40}))$/iu
const COMMAND = /^(\/([a-z]{0,20}))$/u
const SHORTCODE = /(?:^|[^\w:/]):([a-z0-9_+-]{1,40}):$/iu
const LOOK_BACK = 100

export function completionAt(text: string, caret: number): Completion | undefined {
  if (caret < 0) return undefined
  const from = Math.max(0, caret - LOOK_BACK)
  const before = text.slice(from, caret)
  if (from === 0) {
    const command = COMMAND.exec(before)
    if (command !== null) return { kind: 'command', query: command[2] ?? '', start: 0 }
  }
  for (const [kind, pattern] of [
    ['emoji', EMOJI],
    ['person', PERSON],
  ] as const) {
    const match = pattern.exec(before)
    if (match !== null && !isInCode(text, caret))
      return { kind, query: match[2] ?? '', start: caret - (match[1] ?? '').length }
  }
  return undefined
}

/** `:tada:` that was just closed before the cursor. */
export function shortcodeAt(text: string, caret: number): { name: string; start: number } | undefined {
  const name = SHORTCODE.exec(text.slice(Math.max(0, caret - LOOK_BACK), caret))?.[1]
  if (name === undefined || isInCode(text, caret)) return undefined
  return { name, start: caret - name.length - 2 }
}

/** Between an opening ``` and the end: there, Enter makes a line. */
export function isInFence(text: string, caret: number): boolean {
  let open: string | undefined
  for (const line of text.slice(0, caret).split('\n')) {
    const fence = /^ {0,3}(`{3,}|~{3,})/u.exec(line)?.[1]
    if (fence === undefined) continue
    if (open === undefined) open = fence
    else if (fence.startsWith(open) && line.trim() === fence) open = undefined
  }
  return open !== undefined
}

export function isInCode(text: string, caret: number): boolean {
  if (!text.includes('`')) return false
  if (isInFence(text, caret)) return true
  const line = text.slice(text.lastIndexOf('\n', caret - 1) + 1, caret)
  return line.split('`').length % 2 === 0
}
