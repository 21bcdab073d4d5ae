import { ArrowDown, ArrowUp } from 'lucide-react'
import type { ReactNode } from 'react'
import css from './data-table.module.css'
import { useDataTable, type SortOrder } from './use-data-table.ts'

export interface DataColumn<T> {
  id: string
  label: string
  cell: (row: T) => ReactNode
  /** What the rows are sorted by; a column without it offers no sorting. Undefined comes last, either way. */
  sortBy?: (row: T) => string | number | undefined
  /** The whole of what may be cut; where the cell is words, they are. */
  title?: (row: T) => string | undefined
  /** `end` for numbers. */
  align?: 'start' | 'end'
  /** CSS length; columns without one share what is left. */
  width?: string
  /** Also where there is so little room that the others get equal shares. */
  keepWidth?: boolean
  /** Goes where the table has little room; `very` where it has less than a whole window. */
  wideOnly?: boolean | 'very'
}

export interface DataTableProps<T> {
  /** Accessible name. */
  label: string
  columns: readonly DataColumn<T>[]
  rows: readonly T[]
  rowKey: (row: T) => string
  /** Without it, rows are only read. */
  onSelect?: (row: T) => void
  /** Key of the row that is looked at more closely. */
  selected?: string | undefined
  initialSort?: SortOrder
  /** In place of the rows when there are none. */
  empty: ReactNode
}

/**
 * Rows and columns: the heads stay in sight and sort, and what is too long is cut. Where rows can be selected,
 * Tab leads to one of them, arrow keys go on from there, Enter and Space select; links and buttons in cells
 * stay what they are.
 */
export function DataTable<T>(props: DataTableProps<T>) {
  const { label, columns, rows, rowKey, onSelect, selected, empty } = props
  const table = useDataTable(props)

  return (
    <div className={css.scroller}>
      <table className={css.table} aria-label={label} role={onSelect === undefined ? undefined : 'grid'}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                className={classOf(column)}
                style={column.width === undefined ? undefined : { width: column.width }}
                data-fixed={column.keepWidth === true || undefined}
                aria-sort={table.ariaSort(column.id)}
              >
                <Head column={column} sort={table.sort} onSort={() => table.sortBy(column.id)} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.sorted.map((row) => {
            const key = rowKey(row)
            return (
              <tr
                key={key}
                data-row={key}
                data-selected={key === selected || undefined}
                {...(onSelect === undefined ? {} : table.selectable(row, key))}
              >
                {columns.map((column) => (
                  <Cell key={column.id} column={column} row={row} />
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
      {rows.length === 0 && <div className={css.empty}>{empty}</div>}
    </div>
  )
}

function Head<T>({
  column,
  sort,
  onSort,
}: {
  column: DataColumn<T>
  sort: SortOrder | undefined
  onSort: () => void
}) {
  if (column.sortBy === undefined) {
    return (
      <span className={css.head} title={column.label}>
        <span className={css.words}>{column.label}</span>
      </span>
    )
  }
  const Arrow = sort?.descending === true ? ArrowDown : ArrowUp
  return (
    <button type="button" className={css.head} onClick={onSort}>
      <span className={css.words}>{column.label}</span>
      <Arrow aria-hidden="true" data-on={sort?.column === column.id || undefined} />
    </button>
  )
}

function Cell<T>({ column, row }: { column: DataColumn<T>; row: T }) {
  const content = column.cell(row)
  const whole = column.title?.(row) ?? (typeof content === 'string' ? content : undefined)
  return (
    <td className={classOf(column)} title={whole}>
      {content}
    </td>
  )
}

function classOf<T>({ align, wideOnly }: DataColumn<T>): string {
  const hidden = wideOnly === 'very' ? css.veryWideOnly : wideOnly === true && css.wideOnly
  return [align === 'end' && css.end, hidden].filter(Boolean).join(' ')
}
