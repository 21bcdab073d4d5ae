import { fromNode, type FromNode, type ToNode } from './node-messages.ts'

/** The part of a `utilityProcess` child that is used here. */
export interface NodeChild {
  postMessage(message: unknown): void
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'exit', listener: (code: number) => void): unknown
  kill(): boolean
}

export type Ready = Extract<FromNode, { event: 'ready' }>

export interface SupervisorOptions {
  readonly fork: () => NodeChild
  /** Calls back after `ms`; the returned function cancels. */
  readonly setTimeout: (fn: () => void, ms: number) => () => void
  readonly now: () => number
  readonly log: (message: string) => void
  /** The node is (again) ready. */
  readonly onReady: (ready: Ready) => void
  /** The node cannot start for a reason that a restart does not mend; `message` is for people. */
  readonly onFailed: (message: string) => void
}

const firstDelay = 250
const longestDelay = 30_000
/** After this long without a crash, the next one is again restarted at once. */
const calmAfter = 60_000
const stopWithin = 5_000

/**
 * Keeps the node running in a process of its own: starts it again when it crashes, with back-off,
 * and tells it of what only the desktop knows.
 */
export class NodeSupervisor {
  private readonly options: SupervisorOptions
  private child: NodeChild | undefined
  private current: Ready | undefined
  private startedAt = 0
  private delay = firstDelay
  private stopping = false
  private cancelRestart: (() => void) | undefined
  private stopped: (() => void) | undefined
  private nextId = 1
  private readonly waiting = new Map<
    number,
    { resolve: (token: string) => void; reject: (error: Error) => void }
  >()
  private readonly waitingReady: ((ready: Ready) => void)[] = []

  constructor(options: SupervisorOptions) {
    this.options = options
  }

  start(): void {
    this.startedAt = this.options.now()
    const child = this.options.fork()
    this.child = child
    child.on('message', (message) => this.receive(child, message))
    child.on('exit', (code) => this.exited(child, code))
  }

  /** The running node's addresses, when it is ready. */
  ready(): Promise<Ready> {
    if (this.current !== undefined) return Promise.resolve(this.current)
    return new Promise((resolve) => this.waitingReady.push(resolve))
  }

  /** A fresh login token for the owner's account. */
  async loginToken(): Promise<string> {
    await this.ready()
    const id = this.nextId++
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      this.tell({ event: 'login-token', id })
    })
  }

  tell(message: ToNode): void {
    this.child?.postMessage(message)
  }

  /** Asks the node to stop, and ends it if it takes longer than 5 seconds. */
  stop(): Promise<void> {
    this.stopping = true
    this.cancelRestart?.()
    const child = this.child
    if (child === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.options.setTimeout(() => child.kill(), stopWithin)
      this.stopped = () => {
        cancel()
        resolve()
      }
      this.tell({ event: 'stop' })
    })
  }

  private receive(child: NodeChild, raw: unknown): void {
    if (child !== this.child) return
    const parsed = fromNode.safeParse(raw)
    if (!parsed.success) {
      this.options.log(`unknown message from the node: ${parsed.error.message}`)
      return
    }
    const message = parsed.data
    if (message.event === 'ready') {
      this.current = message
      for (const resolve of this.waitingReady.splice(0)) resolve(message)
      this.options.onReady(message)
    } else if (message.event === 'login-token') {
      this.waiting.get(message.id)?.resolve(message.token)
      this.waiting.delete(message.id)
    } else {
      this.stopping = true
      this.options.onFailed(message.message)
    }
  }

  private exited(child: NodeChild, code: number): void {
    if (child !== this.child) return
    this.child = undefined
    this.current = undefined
    for (const { reject } of this.waiting.values()) reject(new Error('The node ended.'))
    this.waiting.clear()
    if (this.stopping) {
      this.stopped?.()
      return
    }
    if (this.options.now() - this.startedAt > calmAfter) this.delay = firstDelay
    this.options.log(`the node ended with code ${code}; starting it again in ${this.delay} ms`)
    this.cancelRestart = this.options.setTimeout(() => this.start(), this.delay)
    this.delay = Math.min(this.delay * 2, longestDelay)
  }
}
