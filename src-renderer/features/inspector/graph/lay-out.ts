import type { Layout, LayoutInput } from './layout.ts'

export interface LayoutThread {
  /** Lays out the newest of what was asked for; what was asked for in between is passed over. */
  ask(input: () => LayoutInput): void
  stop(): void
}

/** In a large graph that many events come to, the thread leaves as much time to others as it takes. */
const MOST_REST_MS = 1_000

export function startLayoutThread(done: (layout: Layout) => void, failed: () => void): LayoutThread {
  const worker = new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module' })
  let busy = false
  let began = 0
  let waiting: (() => LayoutInput) | undefined
  const send = (input: LayoutInput): void => {
    busy = true
    began = performance.now()
    worker.postMessage(input, {
      transfer: [input.depth, input.number, input.child, input.parent].map(
        (list) => list.buffer as ArrayBuffer,
      ),
    })
  }
  worker.addEventListener('message', ({ data }: MessageEvent<Layout>) => {
    setTimeout(rested, Math.min(MOST_REST_MS, performance.now() - began))
    done(data)
  })
  function rested(): void {
    const next = waiting
    waiting = undefined
    busy = false
    if (next !== undefined) send(next())
  }
  worker.addEventListener('error', failed)
  return {
    ask(input) {
      if (busy) waiting = input
      else send(input())
    },
    stop: () => worker.terminate(),
  }
}
