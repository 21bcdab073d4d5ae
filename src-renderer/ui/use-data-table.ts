import { useMemo, useState, type KeyboardEvent, type MouseEvent } from 'react'
import type { DataTableProps } from './data-table.tsx'

export interface SortOrder {
  /** Id of a column. */
  column: string
  descending?: boolean
}

const collator = new Intl.Collator(undefined, { numeric: true })

/** The order of the rows, and which of them Tab leads to. */
export function useDataTable<T>({
  columns,
  rows,
  rowKey,
  onSelect,
  selected,
  initialSort,
}: DataTableProps<T>) {
  const [sort, setSort] = useState(initialSort)
  const [current, setCurrent] = useState<string>()
  const sortBy = columns.find((column) => column.id === sort?.column)?.sortBy
  const sorted = useMemo(
    () => (sortBy === undefined ? rows : inOrder(rows, sortBy, sort?.descending === true)),
    [rows, sortBy, sort],
  )
  const keys = sorted.map(rowKey)
  const first = [current, selected].find((key) => key !== undefined && keys.includes(key)) ?? keys[0]

  function onKeyDown(event: KeyboardEvent<HTMLTableRowElement>, row: T): void {
    const { target, currentTarget, key } = event
    // What stands in a cell has keys of its own.
    if (target !== currentTarget || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    if (key === 'Enter' || key === ' ') onSelect?.(row)
    else {
      const next = neighbour(currentTarget, key)
      if (next === undefined) return
      next?.focus()
    }
    event.preventDefault()
  }

  return {
    sorted,
    sort,
    ariaSort(column: string): 'ascending' | 'descending' | undefined {
      if (sort?.column !== column) return undefined
      return sort.descending === true ? 'descending' : 'ascending'
    },
    sortBy(column: string): void {
      setSort((before) => ({
        column,
        descending: before?.column === column && before.descending !== true,
      }))
    },
    selectable: (row: T, key: string) => ({
      tabIndex: key === first ? 0 : -1,
      'aria-selected': key === selected,
      onFocus: () => setCurrent(key),
      onKeyDown: (event: KeyboardEvent<HTMLTableRowElement>) => onKeyDown(event, row),
      onClick(event: MouseEvent<HTMLTableRowElement>) {
        const inner = event.target instanceof Element ? event.target.closest('a, button, input, label') : null
        // Somebody who marks words in order to copy them selects nothing else.
        if (inner === null && window.getSelection()?.isCollapsed !== false) onSelect?.(row)
      },
    }),
  }
}

/** The row that a key leads to; null at an end, undefined for keys that lead nowhere. */
function neighbour(row: HTMLTableRowElement, key: string): HTMLElement | null | undefined {
  const of = (element: Element | null | undefined) => (element instanceof HTMLElement ? element : null)
  if (key === 'ArrowDown') return of(row.nextElementSibling)
  if (key === 'ArrowUp') return of(row.previousElementSibling)
  if (key === 'Home') return of(row.parentElement?.firstElementChild)
  if (key === 'End') return of(row.parentElement?.lastElementChild)
  return undefined
}

function inOrder<T>(
  rows: readonly T[],
  sortBy: (row: T) => string | number | undefined,
  descending: boolean,
): T[] {
  return rows
    .map((row) => ({ row, value: sortBy(row) }))
    .sort((a, b) => {
      if (a.value === undefined || b.value === undefined)
        return Number(a.value === undefined) - Number(b.value === undefined)
      const order =
        typeof a.value === 'number' && typeof b.value === 'number'
          ? a.value - b.value
          : collator.compare(String(a.value), String(b.value))
      return descending ? -order : order
    })
    .map(({ row }) => row)
}
