import {
  copyFileSync,
  constants,
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { LowSync } from 'lowdb'
import { z } from 'zod'
import { StorageError } from '../errors.ts'
import { writeFileDurably } from './durable-file.ts'
import { jsonErrorPosition, jsonKeyPosition } from './json-position.ts'

/** A document that cannot be used; the message names the file, the place and what to do. */
export class DocumentError extends StorageError {
  override name = 'DocumentError'
  readonly path: string
  /** From 1; undefined where the file could not be read at all. */
  readonly line: number | undefined
  readonly column: number | undefined
  constructor(path: string, message: string, at?: { line: number; column: number }, cause?: unknown) {
    const place = at === undefined ? path : `${path}, line ${at.line}, column ${at.column}`
    super(`${place}: ${message}`, cause)
    this.path = path
    this.line = at?.line
    this.column = at?.column
  }
}

export interface DocumentOptions<T> {
  /** Checks what is in the file, usually `schema.parse`. A `ZodError` is reported with the line of its key. */
  readonly parse: (value: unknown) => T
  readonly defaults: T
  /**
   * An unusable file is never overwritten. `fail` (default): it stays, a copy is kept aside, and a
   * `DocumentError` says what is wrong. `start-over`: it is moved aside and the defaults are used.
   */
  readonly ifCorrupt?: 'fail' | 'start-over'
}

export interface Document<T> {
  readonly path: string
  readonly data: T
  /** Whether there was a (usable) file when the document was opened. */
  readonly existed: boolean
  /** Why the file that was there could not be used, with `start-over`. */
  readonly problem: DocumentError | undefined
  /** Replaces the whole document; it is on disk when this returns. */
  replace(data: T): void
  /**
   * Takes over what is in the file now; answers whether that is something else. Throws `DocumentError`, or
   * what `check` throws, and keeps what it had, when the file is not usable.
   */
  reload(check?: (data: T) => void): boolean
}

const readResult = z.object({ text: z.string() })

/** Opens a small JSON document that people may read and edit. Nothing is written before `replace`. */
export function openDocument<T>(path: string, options: DocumentOptions<T>): Document<T> {
  let problem: DocumentError | undefined
  let existed = false
  let current = options.defaults
  const low = new LowSync<unknown>(
    {
      // Wrapped, as lowdb takes an empty text for no file.
      read: () => {
        const text = readText(path)
        return text === null ? null : { text }
      },
      write: (data) => writeFileDurably(path, `${JSON.stringify(data, undefined, 2)}\n`),
    },
    null,
  )
  low.read()
  const text = readResult.safeParse(low.data).data?.text
  if (text !== undefined) {
    try {
      current = parseText(path, text, options.parse)
      existed = true
      tightenMode(path)
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error
      if (options.ifCorrupt !== 'start-over') {
        copyAside(path, text)
        throw error
      }
      renameSync(path, asideName(path))
      problem = error
    }
  }
  return {
    path,
    existed,
    problem,
    get data() {
      return current
    },
    replace(data) {
      low.data = options.parse(data)
      low.write()
      current = data
    },
    reload(check) {
      const fresh = readText(path)
      const next = fresh === null ? options.defaults : parseText(path, fresh, options.parse)
      if (JSON.stringify(next) === JSON.stringify(current)) return false
      check?.(next)
      current = next
      return true
    },
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isNodeError(error) && error.code === 'ENOENT') return null
    const reason = error instanceof Error ? error.message : String(error)
    throw new DocumentError(
      path,
      `The file cannot be read (${reason}). Make it readable and start again.`,
      undefined,
      error,
    )
  }
}

function parseText<T>(path: string, text: string, parse: (value: unknown) => T): T {
  let value: unknown
  try {
    // Editors on Windows put a byte order mark first.
    value = JSON.parse(text.replace(/^\uFEFF/, ' '))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const at = jsonErrorPosition(text.replace(/^\uFEFF/, ' '))
    throw new DocumentError(
      path,
      `This is not valid JSON (${firstLine(reason)}). Correct that place, or move the file away to start without it.`,
      at,
      error,
    )
  }
  try {
    return parse(value)
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error
    const issue = error.issues[0]
    const keys = (issue?.path ?? []).map(String)
    const key = keys.findLast((part) => !/^\d+$/.test(part))
    throw new DocumentError(
      path,
      `${keys.length === 0 ? 'The document' : `"${keys.join('.')}"`} is not usable (${issue?.message ?? 'wrong shape'}). Correct it, or remove it to use the default.`,
      key === undefined ? { line: 1, column: 1 } : jsonKeyPosition(text, key),
      error,
    )
  }
}

/** One copy of each broken text, however often the start is tried. */
function copyAside(path: string, text: string): void {
  const folder = dirname(path)
  const earlier = readdirSync(folder).filter((name) => name.startsWith(`${basename(path)}.corrupt-`))
  if (earlier.some((name) => readText(join(folder, name)) === text)) return
  const aside = asideName(path)
  copyFileSync(path, aside, constants.COPYFILE_EXCL)
  chmodSync(aside, 0o600)
}

function asideName(path: string): string {
  let stamp = Date.now()
  while (existsSync(`${path}.corrupt-${stamp}`)) stamp++
  return `${path}.corrupt-${stamp}`
}

/** They hold keys and secrets; an editor may have made them readable to others. */
function tightenMode(path: string): void {
  try {
    chmodSync(path, 0o600)
  } catch (error) {
    // A read-only or foreign file can still be used as it is.
    if (!isNodeError(error)) throw error
  }
}

function firstLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ')
}

function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error
}
