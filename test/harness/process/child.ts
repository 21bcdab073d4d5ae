import { spawn, type ChildProcess } from 'node:child_process'

export interface ExitStatus {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ChildOptions {
  /** Named in errors: `hearth alice`. */
  readonly label: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Keeps standard input open for {@link Child.writeLine}. */
  readonly input?: boolean
  /** A file descriptor that gets standard error, which is then not kept. */
  readonly stderr?: number | undefined
  /** Each whole line of standard output, as it comes. */
  readonly onLine?: (line: string) => void
}

const KEPT_OUTPUT = 256 * 1024
const living = new Set<ChildProcess>()

// A test run that ends early must not leave servers behind on the machine.
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** A real process whose output is kept, and which is always waited for. */
export class Child {
  readonly label: string
  readonly pid: number
  readonly exited: Promise<ExitStatus>
  private readonly process: ChildProcess
  private out = ''
  private err = ''
  private status: ExitStatus | undefined
  private readonly lineListeners = new Set<() => void>()
  private readonly onLine: ((line: string) => void) | undefined
  private begun = ''

  constructor(options: ChildOptions) {
    this.label = options.label
    this.onLine = options.onLine
    this.process = spawn(options.command, [...options.args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: [options.input === true ? 'pipe' : 'ignore', 'pipe', options.stderr ?? 'pipe'],
    })
    // What is written to a process that has ended is lost, and its end is told by `exited`.
    this.process.stdin?.on('error', () => undefined)
    living.add(this.process)
    this.pid = this.process.pid ?? -1
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out = (this.out + text).slice(-KEPT_OUTPUT)
      this.tellLines(text)
      this.notify()
    })
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err = (this.err + text).slice(-KEPT_OUTPUT)
    })
    this.exited = new Promise((resolve) => {
      const done = (status: ExitStatus) => {
        living.delete(this.process)
        this.status = status
        this.notify()
        resolve(status)
      }
      this.process.once('error', (error) => {
        this.err += `\n${error.message}`
        done({ code: -1, signal: null })
      })
      this.process.once('close', (code, signal) => done({ code, signal }))
    })
  }

  get stdout(): string {
    return this.out
  }

  get stderr(): string {
    return this.err
  }

  get running(): boolean {
    return this.status === undefined
  }

  /** The first value that `read` finds in standard output; fails when the process ends or time is up. */
  async waitForOutput<T>(read: (stdout: string) => T | undefined, timeoutMs: number): Promise<T> {
    const found = read(this.out)
    if (found !== undefined) return found
    return await new Promise<T>((resolve, reject) => {
      const check = () => {
        const value = read(this.out)
        if (value !== undefined) finish(() => resolve(value))
        else if (this.status !== undefined) finish(() => reject(this.failure('ended before it was ready')))
      }
      const timer = setTimeout(() => {
        finish(() => reject(this.failure(`was not ready within ${timeoutMs} ms`)))
      }, timeoutMs)
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        this.lineListeners.delete(check)
        settle()
      }
      this.lineListeners.add(check)
      check()
    })
  }

  /** SIGTERM; a process that has not ended after `withinMs` is killed and reported as a failure. */
  async stop(withinMs = 10_000): Promise<ExitStatus> {
    if (this.status !== undefined) return this.status
    this.process.kill('SIGTERM')
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.process.kill('SIGKILL')
    }, withinMs)
    const status = await this.exited
    clearTimeout(timer)
    if (late) throw this.failure(`did not stop within ${withinMs} ms of SIGTERM`)
    return status
  }

  /** `kill -9`, and waits until the process is gone. */
  async kill(): Promise<ExitStatus> {
    if (this.status === undefined) this.process.kill('SIGKILL')
    return await this.exited
  }

  failure(what: string): Error {
    const status =
      this.status === undefined ? '' : ` (exit code ${this.status.code}, signal ${this.status.signal})`
    return new Error(
      `${this.label} ${what}${status}\n--- its last output ---\n${(this.out + this.err).slice(-4000)}`,
    )
  }

  /** A line for its standard input; the process was started with `input`. */
  writeLine(line: string): void {
    this.process.stdin?.write(`${line}\n`)
  }

  private tellLines(text: string): void {
    if (this.onLine === undefined) return
    const lines = (this.begun + text).split('\n')
    this.begun = lines.pop() ?? ''
    for (const line of lines) this.onLine(line)
  }

  private notify(): void {
    for (const listener of this.lineListeners) listener()
  }
}
