import { ChevronRight } from 'lucide-react'
import { useMemo, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react'
import type { TraceItem, TraceRecord } from '../../client/trace.ts'
import { Fact, formatDuration } from './trace-values.tsx'
import css from './trace-tree.module.css'
import { useNames, type Names } from './use-names.ts'

/** Larger trees begin folded, but for what went wrong. */
const SMALL = 80

interface Row {
  readonly path: string
  readonly depth: number
  readonly item: TraceItem
}

/**
 * An operation as the tree that it left: each step with its time on a line as long as the whole, its facts and
 * what was decided. Arrow keys walk, open and fold; Enter follows the first link of a step.
 */
export function TraceTree({ record, label }: { record: TraceRecord; label?: string }) {
  const names = useNames()
  const tree = useRef<HTMLDivElement>(null)
  const [folded, setFolded] = useState(() => ({ id: record.id, paths: initiallyFolded(record) }))
  const paths = folded.id === record.id ? folded.paths : initiallyFolded(record)
  const rows = useMemo(() => visibleRows(record, paths), [record, paths])
  const [current, setCurrent] = useState('0')
  const tabbable = rows.some(({ path }) => path === current) ? current : '0'
  const whole = Math.max(record.ms, 0.001)

  function fold(path: string, close: boolean): void {
    const next = new Set(paths)
    if (close) next.add(path)
    else next.delete(path)
    setFolded({ id: record.id, paths: next })
  }

  function focus(path: string | undefined): void {
    if (path === undefined) return
    setCurrent(path)
    tree.current?.querySelector<HTMLElement>(`[data-path="${path}"]`)?.focus()
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>, { path, item }: Row): void {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return
    const index = rows.findIndex((row) => row.path === path)
    const isFolded = paths.has(path)
    const hasChildren = item.children.length > 0
    if (event.key === 'ArrowDown') focus(rows[index + 1]?.path)
    else if (event.key === 'ArrowUp') focus(rows[index - 1]?.path)
    else if (event.key === 'Home') focus(rows[0]?.path)
    else if (event.key === 'End') focus(rows.at(-1)?.path)
    else if (event.key === 'ArrowRight' && hasChildren && isFolded) fold(path, false)
    else if (event.key === 'ArrowRight' && hasChildren) focus(rows[index + 1]?.path)
    else if (event.key === 'ArrowLeft' && hasChildren && !isFolded) fold(path, true)
    else if (event.key === 'ArrowLeft')
      focus(path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : path)
    else if (event.key === ' ' && hasChildren) fold(path, !isFolded)
    else if (event.key === 'Enter') event.currentTarget.querySelector<HTMLElement>('a')?.click()
    else return
    event.preventDefault()
  }

  return (
    <div ref={tree} className={css.tree} role="tree" aria-label={label ?? record.label}>
      {rows.map((row) => (
        <TreeRow
          key={row.path}
          row={row}
          whole={whole}
          names={names}
          folded={paths.has(row.path)}
          tabIndex={row.path === tabbable ? 0 : -1}
          onFold={(close) => fold(row.path, close)}
          onFocus={() => setCurrent(row.path)}
          onKeyDown={(event) => onKeyDown(event, row)}
        />
      ))}
      {record.omitted !== undefined && (
        <p className={css.omitted}>{record.omitted.toLocaleString()} more steps were not kept.</p>
      )}
    </div>
  )
}

interface TreeRowProps {
  row: Row
  whole: number
  names: Names
  folded: boolean
  tabIndex: number
  onFold: (close: boolean) => void
  onFocus: () => void
  onKeyDown: (event: KeyboardEvent<HTMLElement>) => void
}

function TreeRow({ row, whole, names, folded, tabIndex, onFold, onFocus, onKeyDown }: TreeRowProps) {
  const { item, depth, path } = row
  const hasChildren = item.children.length > 0

  function onClick(event: MouseEvent<HTMLElement>): void {
    if (event.target instanceof Element && event.target.closest('a') !== null) return
    if (hasChildren && window.getSelection()?.isCollapsed !== false) onFold(!folded)
  }

  return (
    <div
      className={css.row}
      role="treeitem"
      aria-level={depth + 1}
      aria-expanded={hasChildren ? !folded : undefined}
      aria-selected={false}
      data-path={path}
      data-level={item.level}
      style={{ paddingInlineStart: `calc(${Math.min(depth, 12)} * 16px + 8px)` }}
      tabIndex={tabIndex}
      onClick={onClick}
      onFocus={onFocus}
      onKeyDown={onKeyDown}
    >
      <span className={css.chevron} data-open={!folded || undefined} aria-hidden="true">
        {hasChildren && <ChevronRight />}
      </span>
      <span className={css.words}>
        <span className={css.label}>{item.label}</span>{' '}
        {Object.entries(item.values).map(([name, value]) => (
          <Fact key={name} name={name} value={value} names={names} />
        ))}
        {item.error !== undefined && (
          <span className={css.error}>
            {item.error.message}
            {item.error.cause !== undefined && ` (${item.error.cause})`}
          </span>
        )}
      </span>
      <span className={css.line} aria-hidden="true">
        {item.ms > 0 || item.running === true ? (
          <span
            className={css.bar}
            style={{
              insetInlineStart: `${(Math.min(item.at, whole) / whole) * 100}%`,
              width: `max(2px, ${(Math.min(item.ms, whole) / whole) * 100}%)`,
            }}
          />
        ) : (
          <span
            className={css.dot}
            style={{ insetInlineStart: `${(Math.min(item.at, whole) / whole) * 100}%` }}
          />
        )}
      </span>
      <span className={css.ms} title={`began after ${formatDuration(item.at)}`}>
        {item.running === true
          ? 'not finished'
          : item.ms > 0
            ? formatDuration(item.ms)
            : `at ${formatDuration(item.at)}`}
      </span>
    </div>
  )
}

function visibleRows(record: TraceRecord, folded: ReadonlySet<string>): Row[] {
  const rows: Row[] = []
  const visit = (item: TraceItem, path: string, depth: number): void => {
    rows.push({ path, depth, item })
    if (!folded.has(path))
      item.children.forEach((child, index) => visit(child, `${path}.${index}`, depth + 1))
  }
  visit(record, '0', 0)
  return rows
}

function initiallyFolded(record: TraceRecord): ReadonlySet<string> {
  const folded = new Set<string>()
  let count = 0
  const visit = (item: TraceItem, path: string): void => {
    count++
    if (item.children.length > 0 && path !== '0' && item.level === 'debug') folded.add(path)
    item.children.forEach((child, index) => visit(child, `${path}.${index}`))
  }
  visit(record, '0')
  return count <= SMALL ? new Set() : folded
}
