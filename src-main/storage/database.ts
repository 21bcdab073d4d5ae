import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

export type Row = Record<string, SQLInputValue>

/**
 * One SQLite connection with cached statements and nested transactions. All stores of a node share
 * one `Database`, so that what belongs together commits together.
 */
export class Database {
  private readonly db: DatabaseSync
  private readonly statements = new Map<string, StatementSync>()
  private depth = 0
  private rollbackHooks: (() => void)[] = []

  /** `path` is a file, or `:memory:` in tests that need no restart. */
  constructor(path: string) {
    this.db = new DatabaseSync(path)
    this.db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;')
  }

  exec(sql: string): void {
    this.db.exec(sql)
  }

  all(sql: string, ...params: SQLInputValue[]): Row[] {
    return this.statement(sql).all(...params) as Row[]
  }

  get(sql: string, ...params: SQLInputValue[]): Row | undefined {
    return this.statement(sql).get(...params) as Row | undefined
  }

  run(sql: string, ...params: SQLInputValue[]): { changes: number; lastInsertRowid: number } {
    const result = this.statement(sql).run(...params)
    return { changes: Number(result.changes), lastInsertRowid: Number(result.lastInsertRowid) }
  }

  get inTransaction(): boolean {
    return this.depth > 0
  }

  /** Durable when it returns (outermost), undone when `fn` throws. `fn` must be synchronous. */
  transaction<T>(fn: () => T): T {
    const depth = this.depth
    const name = `sp${depth}`
    this.db.exec(depth === 0 ? 'BEGIN IMMEDIATE' : `SAVEPOINT ${name}`)
    this.depth = depth + 1
    try {
      const result = fn()
      this.db.exec(depth === 0 ? 'COMMIT' : `RELEASE ${name}`)
      this.depth = depth
      if (depth === 0) this.rollbackHooks = []
      return result
    } catch (error) {
      this.depth = depth
      this.undo(name)
      throw error
    }
  }

  /** `hook` runs if the current transaction (or the savepoint in it) is undone: to drop caches. */
  onRollback(hook: () => void): void {
    this.rollbackHooks.push(hook)
  }

  close(): void {
    this.db.close()
  }

  private undo(name: string): void {
    // SQLite ends a transaction by itself on some errors (a full disk at COMMIT).
    if (this.db.isTransaction) {
      this.db.exec(this.depth === 0 ? 'ROLLBACK' : `ROLLBACK TO ${name}; RELEASE ${name}`)
    }
    const hooks = this.rollbackHooks
    if (this.depth === 0) this.rollbackHooks = []
    for (const hook of hooks) hook()
  }

  private statement(sql: string): StatementSync {
    let statement = this.statements.get(sql)
    if (statement === undefined) {
      statement = this.db.prepare(sql)
      this.statements.set(sql, statement)
    }
    return statement
  }
}
