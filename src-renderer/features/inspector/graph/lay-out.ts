import type { Layout, LayoutInput } from './layout.ts'

export interface LayoutThread {
  /** Lays out the newest of what was asked for; what was asked for in between is passed over. */
  ask(input: LayoutInput): void
  stop(): void
}

export function startLayoutThread(done: (layout: Layout) => void, failed: () => void): LayoutThread {
  const worker = new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module' })
  let busy = false
  let waiting: LayoutInput | undefined
  const send = (input: LayoutInput): void => {
    busy = true
    worker.postMessage(input, {
      transfer: [input.depth, input.arrival, input.child, input.parent].map(
        (list) => list.buffer as ArrayBuffer,
      ),
    })
  }
  worker.addEventListener('message', ({ data }: MessageEvent<Layout>) => {
    const next = waiting
    waiting = undefined
    busy = false
    if (next !== undefined) send(next)
    done(data)
  })
  worker.addEventListener('error', failed)
  return {
    ask(input) {
      if (busy) waiting = input
      else send(input)
    },
    stop: () => worker.terminate(),
  }
}
