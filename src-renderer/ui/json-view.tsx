import { ChevronDown, ChevronRight } from 'lucide-react'
import { useId, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { CodeFrame } from './code-frame.tsx'
import { jsonRows, type JsonRow, type JsonValue } from './json-rows.ts'
import css from './json-view.module.css'
import { useCopy } from './use-copy.ts'

export interface JsonViewProps {
  /** What it is, for those who do not see it. */
  label: string
  value: JsonValue
  /** Where a text in it leads, such as the id of an event. */
  linkOf?: ((text: string) => string | undefined) | undefined
}

/**
 * JSON that can be folded, and copied whole. By keyboard it is a tree: up and down go from line to line, right
 * opens, left folds or goes to what holds the line, `c` copies the line's value.
 */
export function JsonView({ label, value, linkOf }: JsonViewProps) {
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set())
  const [at, setAt] = useState('')
  const { outcome, copy } = useCopy()
  const tree = useRef<HTMLUListElement>(null)
  const id = useId()
  const rows = useMemo(() => jsonRows(value, turned), [value, turned])
  const items = rows.filter((row) => !row.closes)
  const current = items.some((row) => row.path === at) ? at : ''

  const copyValue = (what: JsonValue): void =>
    void copy(typeof what === 'string' ? what : JSON.stringify(what, null, 2))

  const turn = (path: string): void => {
    setTurned((before) => {
      const next = new Set(before)
      if (!next.delete(path)) next.add(path)
      return next
    })
  }

  const go = (row: JsonRow | undefined): void => {
    if (row === undefined) return
    setAt(row.path)
    tree.current?.querySelector<HTMLElement>(`[data-path="${CSS.escape(row.path)}"]`)?.focus()
  }

  function onKeyDown(event: KeyboardEvent): void {
    const index = items.findIndex((row) => row.path === current)
    const row = items[index]
    if (row === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    const folds = (row.entries ?? 0) > 0
    const act: Record<string, () => void> = {
      ArrowDown: () => go(items[index + 1]),
      ArrowUp: () => go(items[index - 1]),
      Home: () => go(items[0]),
      End: () => go(items.at(-1)),
      ArrowRight: () => (folds && !row.open ? turn(row.path) : go(folds ? items[index + 1] : undefined)),
      ArrowLeft: () =>
        row.open ? turn(row.path) : go(items.findLast((one, i) => i < index && one.depth < row.depth)),
      c: () => copyValue(row.value),
    }
    if (folds) act['Enter'] = () => turn(row.path)
    const chosen = act[event.key]
    if (chosen === undefined) return
    event.preventDefault()
    chosen()
  }

  return (
    <CodeFrame label="Copy the JSON" outcome={outcome} onCopy={() => copyValue(value)}>
      <ul
        ref={tree}
        className={css.tree}
        role="tree"
        aria-label={label}
        aria-describedby={id}
        onKeyDown={onKeyDown}
      >
        {rows.map((row) => (
          <Row
            key={row.closes ? `${row.path}]` : row.path}
            row={row}
            focusable={!row.closes && row.path === current}
            onFocus={() => setAt(row.path)}
            onTurn={() => turn(row.path)}
            linkOf={linkOf}
          />
        ))}
      </ul>
      <p id={id} hidden>
        Arrow keys go from line to line and fold; C copies a line’s value.
      </p>
    </CodeFrame>
  )
}

interface RowProps {
  row: JsonRow
  focusable: boolean
  onFocus: () => void
  onTurn: () => void
  linkOf: JsonViewProps['linkOf']
}

function Row({ row, focusable, onFocus, onTurn, linkOf }: RowProps) {
  const indent = { paddingInlineStart: `${row.depth * 1.25 + 1.25}rem` }
  const isList = Array.isArray(row.value)
  const comma = row.comma ? ',' : ''
  if (row.closes) {
    return (
      <li className={css.row} style={indent} role="none">
        {isList ? ']' : '}'}
        {comma}
      </li>
    )
  }
  const folds = (row.entries ?? 0) > 0
  return (
    // The tree hears the keys; the row is pressed as a whole only where it folds.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <li
      className={css.row}
      style={indent}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-expanded={folds ? row.open : undefined}
      aria-selected={focusable}
      data-path={row.path}
      data-folds={folds || undefined}
      tabIndex={focusable ? 0 : -1}
      onFocus={(event) => {
        if (event.target === event.currentTarget) onFocus()
      }}
      onClick={(event) => {
        // Who marks text to copy it does not want it folded away.
        if (!folds || event.target instanceof HTMLAnchorElement) return
        if (getSelection()?.isCollapsed !== false) onTurn()
      }}
    >
      {folds && (
        <span className={css.fold} aria-hidden="true">
          {row.open ? <ChevronDown /> : <ChevronRight />}
        </span>
      )}
      {row.name !== undefined && (
        <>
          <span className={css.name}>{JSON.stringify(row.name)}</span>
          {': '}
        </>
      )}
      {row.entries === undefined ? (
        <Plain value={row.value} linkOf={linkOf} />
      ) : row.open ? (
        isList ? (
          '['
        ) : (
          '{'
        )
      ) : (
        <Folded isList={isList} entries={row.entries} />
      )}
      {!row.open && comma}
    </li>
  )
}

function Folded({ isList, entries }: { isList: boolean; entries: number }) {
  const [start, end] = isList ? ['[', ']'] : ['{', '}']
  if (entries === 0) return `${start}${end}`
  return (
    <>
      {start}
      <span className={css.count}> {entries === 1 ? '1 entry' : `${entries} entries`} </span>
      {end}
    </>
  )
}

function Plain({ value, linkOf }: { value: JsonValue; linkOf: JsonViewProps['linkOf'] }) {
  const text = JSON.stringify(value)
  if (typeof value !== 'string') return <span className={css.number}>{text}</span>
  const href = linkOf?.(value)
  if (href === undefined) return <span className={css.string}>{text}</span>
  return (
    <a className={css.link} href={href} tabIndex={-1}>
      {text}
    </a>
  )
}
