export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

/** One line of JSON as it is drawn. */
export interface JsonRow {
  /** Where it is in the whole, unambiguous; the root is the empty text. */
  readonly path: string
  readonly depth: number
  readonly name: string | undefined
  readonly value: JsonValue
  /** How many entries it holds; undefined for what holds none. */
  readonly entries: number | undefined
  readonly open: boolean
  /** The bracket that ends `path`, and no value. */
  readonly closes: boolean
  /** Another entry follows beside it. */
  readonly comma: boolean
}

/** What is longer is folded at first: it would push all else away. */
const LONG = 40
const DEEP = 6

/** The lines of a value in which these paths are folded otherwise than they are at first. */
export function jsonRows(value: JsonValue, turned: ReadonlySet<string>): JsonRow[] {
  const rows: JsonRow[] = []
  const add = (
    path: string,
    depth: number,
    name: string | undefined,
    at: JsonValue,
    comma: boolean,
    named: boolean,
  ): void => {
    const children = childrenOf(at)
    const entries = children?.length
    const open =
      children !== undefined && children.length > 0 && isOpen(children.length, depth) !== turned.has(path)
    rows.push({ path, depth, name: named ? name : undefined, value: at, entries, open, closes: false, comma })
    if (children === undefined || !open) return
    for (const [index, [key, child]] of children.entries()) {
      const last = index === children.length - 1
      add(`${path}/${escaped(key)}`, depth + 1, key, child, !last, !Array.isArray(at))
    }
    rows.push({ path, depth, name: undefined, value: at, entries, open, closes: true, comma })
  }
  add('', 0, undefined, value, false, false)
  return rows
}

function isOpen(entries: number, depth: number): boolean {
  return depth === 0 || (entries <= LONG && depth < DEEP)
}

function childrenOf(value: JsonValue): [string, JsonValue][] | undefined {
  if (Array.isArray(value)) return value.map((child, index) => [String(index), child])
  return typeof value === 'object' && value !== null ? Object.entries(value) : undefined
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
