import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from './clock.ts'

/**
 * One operation leaves one tree of items. The item is passed along, children are opened for the
 * steps inside, and the finished root goes to the sinks: the log on standard error, and the inspector.
 */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/**
 * Facts by name. Everywhere the same word: `room`, `event`, `server` (the other one), `user`, `txn`, and their
 * plurals for lists; by these an operation is found again. Never the content of messages, tokens or keys.
 */
export type LogValues = { [key: string]: string | number | boolean | readonly string[] | undefined }

/** What the items of one tree have in common. */
interface Tree {
  items: number
  /** The root has finished: what comes later is no part of it. */
  over: boolean
  /** What was sent and answered is kept too. */
  readonly recorded: boolean
  /** When the root began: on the wall, and on the clock that never jumps. */
  readonly start: number
  readonly started: number
}

export class LogItem {
  readonly label: string
  /** Monotonic; `start` is on the wall. */
  readonly started: number
  /** In ms, with fractions. Undefined: under way. */
  duration: number | undefined
  level: LogLevel = 'debug'
  readonly values: LogValues
  error: Error | undefined
  readonly children: LogItem[] = []
  /** Only while somebody records. */
  bodies: { [name: string]: string } | undefined
  private readonly clock: Clock
  private readonly tree: Tree
  private readonly isRoot: boolean

  constructor(clock: Clock, label: string, values: LogValues = {}, tree?: Tree, recorded = false) {
    this.clock = clock
    this.label = label
    this.values = values
    this.started = clock.monotonic()
    this.isRoot = tree === undefined
    this.tree = tree ?? { items: 0, over: false, recorded, start: clock.now(), started: this.started }
  }

  get isOver(): boolean {
    return this.tree.over
  }

  /** Milliseconds since the epoch. */
  get start(): number {
    return this.tree.start + this.offset
  }

  /** Milliseconds since the root began. */
  get offset(): number {
    return this.started - this.tree.started
  }

  set(values: LogValues): this {
    Object.assign(this.values, values)
    return this
  }

  raise(level: LogLevel): this {
    if (order.indexOf(level) > order.indexOf(this.level)) this.level = level
    return this
  }

  /** A step without duration: a decision, a fact. */
  note(label: string, values: LogValues = {}, level: LogLevel = 'debug'): void {
    this.raise(level)
    const child = new LogItem(this.clock, label, values, this.tree)
    child.level = level
    child.duration = 0
    this.keep(child)
  }

  /** What was sent or answered, as text; asked for only while somebody records. */
  body(name: 'request' | 'answer', text: () => string): void {
    if (this.tree.recorded) (this.bodies ??= {})[name] = text()
  }

  /** Runs `fn` as a child step; an error is recorded and thrown on. */
  wrap<T>(label: string, values: LogValues, fn: (item: LogItem) => T): T {
    const child = new LogItem(this.clock, label, values, this.tree)
    this.keep(child)
    return child.run(fn)
  }

  /** A child step that ends when whoever opened it calls `finish` or `fail`. */
  open(label: string, values: LogValues = {}): LogItem {
    const child = new LogItem(this.clock, label, values, this.tree)
    this.keep(child)
    return child
  }

  private keep(child: LogItem): void {
    if (this.tree.items++ < MAX_ITEMS) this.children.push(child)
    else this.values['notes left out'] = Number(this.values['notes left out'] ?? 0) + 1
  }

  run<T>(fn: (item: LogItem) => T): T {
    try {
      const result = current.run(this, fn, this)
      if (result instanceof Promise) {
        return result.then(
          (value: unknown) => {
            this.finish()
            return value
          },
          (error: unknown) => {
            this.fail(error)
            throw error
          },
        ) as T
      }
      this.finish()
      return result
    } catch (error) {
      this.fail(error)
      throw error
    }
  }

  finish(): void {
    this.duration = this.clock.monotonic() - this.started
    if (this.isRoot) this.tree.over = true
  }

  fail(error: unknown): void {
    this.error = error instanceof Error ? error : new Error(String(error))
    this.raise('warn')
    this.finish()
  }
}

/** Of one tree: a stranger's answer with a hundred thousand wrong events is not as many lines of the log. */
const MAX_ITEMS = 5_000

const order: LogLevel[] = ['debug', 'info', 'warn', 'error']

/** At least as grave. */
export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return order.indexOf(level) >= order.indexOf(least)
}

/** The item of what runs now, for steps that are far from who holds it. */
const current = new AsyncLocalStorage<LogItem>()

export type LogSink = (root: LogItem) => void

export class Logger {
  private readonly clock: Clock
  private readonly sinks: LogSink[]
  private readonly underWay = new Set<LogItem>()
  /** Whether operations that begin now keep what they send and answer. */
  recording = false

  constructor(clock: Clock, sinks: LogSink[] = []) {
    this.clock = clock
    this.sinks = sinks
  }

  /** Hands every tree that is finished from now on to `sink` too; the returned function ends that. */
  addSink(sink: LogSink): () => void {
    this.sinks.push(sink)
    return () => {
      const at = this.sinks.indexOf(sink)
      if (at >= 0) this.sinks.splice(at, 1)
    }
  }

  /** The roots of what is not finished yet, oldest first. */
  running(): LogItem[] {
    return [...this.underWay]
  }

  /** Runs an operation under a new root item, and hands the finished tree to the sinks. */
  run<T>(label: string, values: LogValues, fn: (item: LogItem) => T): T {
    const root = this.root(label, values)
    const emit = (): void => {
      this.underWay.delete(root)
      this.emit(root)
    }
    this.underWay.add(root)
    let result: T
    try {
      result = root.run(fn)
    } catch (error) {
      emit()
      throw error
    }
    if (result instanceof Promise) {
      return result.finally(emit) as T
    }
    emit()
    return result
  }

  /**
   * A step of the operation under way, where this is called inside one; else an operation of its own. A step that
   * outlasts its operation is handed to the sinks by itself: the operation's tree shows it unfinished.
   */
  step<T>(label: string, values: LogValues, fn: (item: LogItem) => T): T {
    const around = current.getStore()
    if (around === undefined || around.isOver) return this.run(label, values, fn)
    const child = around.open(label, values)
    const result = child.run(fn)
    if (!(result instanceof Promise)) return result
    return result.finally(() => {
      if (child.isOver) this.emit(child)
    }) as T
  }

  /** A fact about the operation under way, where this is called inside one; else one that stands alone. */
  remark(label: string, values: LogValues = {}, level: LogLevel = 'debug'): void {
    const around = current.getStore()
    if (around === undefined || around.isOver) this.note(label, values, level)
    else around.note(label, values, level)
  }

  /** A background operation: never rejects; a failure is logged as an error with its tree. */
  detach(label: string, values: LogValues, fn: (item: LogItem) => Promise<void>): void {
    this.run(label, values, (item) =>
      fn(item).catch((error: unknown) => {
        item.error = error instanceof Error ? error : new Error(String(error))
        item.raise('error')
      }),
    ).catch(() => undefined)
  }

  note(label: string, values: LogValues = {}, level: LogLevel = 'info'): void {
    const item = new LogItem(this.clock, label, values)
    item.level = level
    item.duration = 0
    this.emit(item)
  }

  private root(label: string, values: LogValues): LogItem {
    if (!this.recording) return new LogItem(this.clock, label, values)
    return new LogItem(this.clock, label, values, undefined, true)
  }

  private emit(root: LogItem): void {
    for (const sink of this.sinks) sink(root)
  }
}
