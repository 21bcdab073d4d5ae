import { extensionOf } from './file-types.ts'

const MOST_ROWS = 200
const MOST_COLUMNS = 30
const LONGEST_CELL = 500

/** Indented, where it is the whole of a JSON document; otherwise as it is. */
export function prettyJson(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value, undefined, 2)
  } catch {
    // What is cut or no JSON is shown as it was written.
    return text
  }
}

export function isTable(type: string, name: string): boolean {
  return /^(?:csv|tsv)$/u.test(extensionOf(name)) || /^text\/(?:csv|tab-separated-values)$/u.test(type)
}

export function isJson(type: string, name: string): boolean {
  return type === 'application/json' || extensionOf(name) === 'json'
}

/**
 * Rows of a CSV file (RFC 4180), with whichever of comma, semicolon and tab its first line has most of.
 * At most 200 rows of 30 cells.
 */
export function parseTable(text: string): string[][] {
  const separator = separatorOf(text)
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  const endCell = (): void => {
    if (row.length < MOST_COLUMNS) row.push(cell.slice(0, LONGEST_CELL))
    cell = ''
  }
  const endRow = (): void => {
    endCell()
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  for (let index = 0; index < text.length && rows.length < MOST_ROWS; index += 1) {
    const char = text.charAt(index)
    if (quoted) {
      if (char !== '"') cell += char
      else if (text.charAt(index + 1) === '"') {
        cell += char
        index += 1
      } else quoted = false
    } else if (char === '"' && cell === '') quoted = true
    else if (char === separator) endCell()
    else if (char === '\n') endRow()
    else if (char !== '\r') cell += char
  }
  if (rows.length < MOST_ROWS) endRow()
  return rows
}

function separatorOf(text: string): string {
  const line = text.slice(0, 10_000).split('\n', 1)[0] ?? ''
  const counts = [',', ';', '\t'].map((each) => ({ each, count: line.split(each).length }))
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).each
}
