/** One measurement of some servers, as text. */
export interface Row {
  readonly label: string
  readonly goal: string
  readonly values: Readonly<Record<string, string>>
}

/** The rows of several servers with one label as one row. */
export function joined(rows: readonly Row[]): Row[] {
  const byLabel = new Map<string, Row>()
  for (const row of rows) {
    const known = byLabel.get(row.label)
    byLabel.set(
      row.label,
      known === undefined ? row : { ...known, values: { ...known.values, ...row.values } },
    )
  }
  return [...byLabel.values()]
}

/** Rows as a Markdown table, one column a server. */
export function rowsTable(rows: readonly Row[]): string {
  const servers = [...new Set(rows.flatMap((row) => Object.keys(row.values)))]
  const lines = [
    ['', 'goal', ...servers],
    ['', '', ...servers].map(() => '---'),
    ...rows.map((row) => [row.label, row.goal, ...servers.map((server) => row.values[server] ?? '–')]),
  ]
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  )
  return lines
    .map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
    .join('\n')
}
