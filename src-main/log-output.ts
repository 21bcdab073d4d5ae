import type { LogItem, LogLevel, LogSink } from './trace/log.ts'

const order: LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Writes finished operations of at least `level` to `write`, one line each, with what went wrong inside. */
export function textSink(write: (line: string) => void, level: LogLevel): LogSink {
  return (root) => {
    if (order.indexOf(root.level) < order.indexOf(level)) return
    write(`${new Date(root.start).toISOString()} ${root.level.padEnd(5)} ${line(root)}`)
    for (const child of root.children) nested(child, 1)
  }

  function nested(item: LogItem, depth: number): void {
    if (order.indexOf(item.level) < order.indexOf(level) && item.error === undefined) return
    write(`${'  '.repeat(depth)}- ${line(item)}`)
    for (const child of item.children) nested(child, depth + 1)
  }
}

function line(item: LogItem): string {
  const values = Object.entries(item.values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${clean(String(value))}`)
  const error = item.error === undefined ? [] : [`error=${clean(describe(item.error))}`]
  return [item.label, ...values, ...error].join(' ')
}

/** What strangers sent must not forge lines or move the cursor. */
function clean(text: string): string {
  const short = text.length > 500 ? `${text.slice(0, 500)}…` : text
  return short.replaceAll(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return `${error.name}: ${error.message}${cause}`
}
