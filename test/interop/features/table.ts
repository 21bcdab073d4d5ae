import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../../harness/process/scratch.ts'
import { directions, type Direction, type Feature } from './feature.ts'

export type Cell = 'works' | 'fails' | 'absent'
/** What each feature did in each direction; undefined where it was not tried. */
export type Results = ReadonlyMap<string, Readonly<Partial<Record<Direction, Cell>>>>

const START = '<!-- interop:start -->'
const END = '<!-- interop:end -->'
const signs: Readonly<Record<Cell, string>> = { works: '✓', fails: '✗', absent: '—' }
const readme = join(repositoryRoot, 'README.md')

/** The table as Markdown, with a footnote for each thing that a server does not have. */
export function tableOf(features: readonly Feature[], results: Results): string {
  const notes: string[] = []
  const sign = (feature: Feature, direction: Direction): string => {
    const cell = results.get(feature.name)?.[direction]
    const why = feature.absent?.[direction]
    if (cell !== 'absent' || why === undefined) return cell === undefined ? '' : signs[cell]
    if (!notes.includes(why)) notes.push(why)
    return `${signs.absent} <sup>${notes.indexOf(why) + 1}</sup>`
  }
  const rows = features.map(
    (feature) => `| ${feature.name} | ${directions.map((one) => sign(feature, one)).join(' | ')} |`,
  )
  const lines = [`| | ${directions.join(' | ')} |`, `|---|${directions.map(() => ':-:|').join('')}`, ...rows]
  if (notes.length > 0) lines.push('', notes.map((note, at) => `<sup>${at + 1}</sup> ${note}`).join('<br>'))
  return lines.join('\n')
}

/** The cells that README.md shows. */
export function publishedResults(): Results {
  const published = new Map<string, Partial<Record<Direction, Cell>>>()
  for (const line of sections().table.split('\n')) {
    const [name, ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    if (!name || cells.length !== directions.length || name.startsWith('---')) continue
    const row: Partial<Record<Direction, Cell>> = {}
    for (const [at, direction] of directions.entries()) {
      for (const cell of ['works', 'fails', 'absent'] as const)
        if (cells[at]?.startsWith(signs[cell])) row[direction] = cell
    }
    published.set(name, row)
  }
  return published
}

/** Puts the table into README.md, in the place of the one that is there. */
export function publish(table: string): void {
  const { before, after } = sections()
  writeFileSync(readme, `${before}${START}\n\n${table}\n\n${END}${after}`)
}

function sections(): { before: string; table: string; after: string } {
  const text = readFileSync(readme, 'utf8')
  const [from, to] = [text.indexOf(START), text.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`README.md has no ${START} … ${END}`)
  return {
    before: text.slice(0, from),
    table: text.slice(from + START.length, to),
    after: text.slice(to + END.length),
  }
}
