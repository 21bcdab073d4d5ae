import { Worker } from 'node:worker_threads'
import type { Clock } from '../../trace/clock.ts'
import { MediaError } from '../ports.ts'
import { workerEntry } from '../../trace/worker-entry.ts'
import type { Plan } from './plan.ts'
import type { Picture } from './resize.ts'

export interface ThumbnailJob {
  readonly path: string
  readonly plan: Plan
  readonly orientation: number
}

export type ThumbnailAnswer = Picture | { readonly problem: string }

/** A decoder that needs longer is being fooled. */
const jobTimeoutMs = 20_000
/** An idle thread gives its memory back after this time. */
const idleMs = 15_000
const maxWaiting = 200

/** The one thread that makes thumbnails: one after the other, so that the machine stays usable. */
export class ThumbnailWorker {
  private readonly clock: Clock
  private worker: Worker | undefined
  private waiting = 0
  private last: Promise<unknown> = Promise.resolve()
  private cancelIdle: (() => void) | undefined
  private stopped = false

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Rejects with `busy`, or `no-thumbnail` where the file cannot be decoded. */
  make(job: ThumbnailJob): Promise<Picture> {
    if (this.stopped || this.waiting >= maxWaiting) {
      return Promise.reject(new MediaError('busy', 'Too many thumbnails are being made; try again soon'))
    }
    this.waiting += 1
    const result = this.last.then(() => this.run(job))
    this.last = result
      .catch(() => undefined)
      .then(() => {
        this.waiting -= 1
        if (this.waiting === 0) this.cancelIdle = this.clock.setTimeout(() => void this.end(), idleMs)
      })
    return result
  }

  async stop(): Promise<void> {
    this.stopped = true
    await this.end()
  }

  private async run(job: ThumbnailJob): Promise<Picture> {
    if (this.stopped) throw new MediaError('busy', 'This server is stopping')
    this.cancelIdle?.()
    this.worker ??= this.start()
    let answer: ThumbnailAnswer
    try {
      answer = await this.ask(this.worker, job)
    } catch (error) {
      await this.end()
      throw new MediaError('no-thumbnail', 'No thumbnail can be made of this file', error)
    }
    if (!('problem' in answer)) return answer
    // After a failure inside it, its memory is not to be trusted.
    await this.end()
    throw new MediaError('no-thumbnail', 'No thumbnail can be made of this file', new Error(answer.problem))
  }

  private ask(worker: Worker, job: ThumbnailJob): Promise<ThumbnailAnswer> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.setTimeout(() => reject(new Error('it took too long')), jobTimeoutMs)
      const ended = (): void => {
        cancel()
        reject(new Error('the thread ended'))
      }
      worker.once('exit', ended)
      worker.once('message', (answer: ThumbnailAnswer) => {
        cancel()
        worker.off('exit', ended)
        resolve(answer)
      })
      worker.postMessage(job)
    })
  }

  private start(): Worker {
    const worker = new Worker(workerEntry('thumbnail-worker'), {
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    })
    // Its end tells whoever waits.
    worker.on('error', () => undefined)
    worker.unref()
    return worker
  }

  private async end(): Promise<void> {
    const { worker } = this
    this.worker = undefined
    await worker?.terminate()
  }
}
