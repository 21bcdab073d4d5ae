/**
 * Moves the focus among the buttons of a grid of several sections by the arrow keys, Home and End. Returns
 * whether the key was used up.
 */
export function moveInGrid(grid: HTMLElement, from: HTMLElement, key: string, columns: number): boolean {
  const rows = rowsOf(grid, columns)
  const row = rows.findIndex((each) => each.includes(from))
  const here = rows[row]
  if (here === undefined) return false
  const column = here.indexOf(from)
  const target = targetOf(rows, row, column, key)
  if (target === undefined) return false
  target.focus()
  target.scrollIntoView({ block: 'nearest' })
  return true
}

function targetOf(
  rows: readonly (readonly HTMLElement[])[],
  row: number,
  column: number,
  key: string,
): HTMLElement | undefined {
  const at = (line: readonly HTMLElement[] | undefined): HTMLElement | undefined =>
    line?.[Math.min(column, line.length - 1)]
  switch (key) {
    case 'ArrowRight':
      return rows[row]?.[column + 1] ?? rows[row + 1]?.[0]
    case 'ArrowLeft':
      return column > 0 ? rows[row]?.[column - 1] : rows[row - 1]?.at(-1)
    case 'ArrowDown':
      return at(rows[row + 1])
    case 'ArrowUp':
      return row > 0 ? at(rows[row - 1]) : undefined
    case 'Home':
      return rows[0]?.[0]
    case 'End':
      return rows.at(-1)?.at(-1)
    default:
      return undefined
  }
}

/** Each section begins a row. */
function rowsOf(grid: HTMLElement, columns: number): HTMLElement[][] {
  return Array.from(grid.querySelectorAll('section')).flatMap((section) => {
    const buttons = Array.from(section.querySelectorAll('button'))
    return Array.from({ length: Math.ceil(buttons.length / columns) }, (_, row) =>
      buttons.slice(row * columns, (row + 1) * columns),
    )
  })
}
