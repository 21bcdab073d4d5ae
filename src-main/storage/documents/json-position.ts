export interface JsonPosition {
  /** Both count from 1. */
  readonly line: number
  readonly column: number
}

/**
 * Where the text stops being JSON. `JSON.parse` only sometimes tells, so this looks for the longest
 * beginning that could still go on: whether a beginning can is monotonic, which allows halving.
 */
export function jsonErrorPosition(text: string): JsonPosition {
  let good = 0
  let bad = text.length + 1
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (couldGoOn(text.slice(0, middle))) good = middle
    else bad = middle
  }
  return positionAt(text, good)
}

/** Line and column of the first `"key":` in the text; the beginning of the file where there is none. */
export function jsonKeyPosition(text: string, key: string): JsonPosition {
  const quoted = JSON.stringify(key)
  for (let at = text.indexOf(quoted); at >= 0; at = text.indexOf(quoted, at + 1)) {
    if (/^\s*:/.test(text.slice(at + quoted.length))) return positionAt(text, at)
  }
  return { line: 1, column: 1 }
}

function couldGoOn(beginning: string): boolean {
  try {
    JSON.parse(beginning)
    return true
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    if (message.includes('Unexpected end') || message.includes('Unterminated')) return true
    const position = /at position (\d+)/.exec(message)?.[1]
    return position !== undefined && Number(position) >= beginning.length
  }
}

function positionAt(text: string, offset: number): JsonPosition {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}
