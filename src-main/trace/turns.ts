/** So much of a turn of the event loop may be spent before the next in line waits for another one. */
const TURN_MS = 4

const queue: (() => void)[] = []
let turnEnds = 0

/**
 * Between the pieces of anything that computes for long: lets the event loop do what else it has to. Pieces that
 * are short each would still hold it up together if all of them ran in one turn, so they queue, first come first
 * served, and a turn is over when it is used up, whoever used it.
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    queue.push(resolve)
    if (queue.length === 1) setImmediate(nextTurn)
  })
}

function nextTurn(): void {
  turnEnds = performance.now() + TURN_MS
  letOneGoOn()
}

function letOneGoOn(): void {
  queue[0]?.()
  // Promises go first, with all that they bring about; then ticks. Until then it keeps its place in the queue.
  queueMicrotask(() => process.nextTick(next))
}

function next(): void {
  queue.shift()
  if (queue.length === 0) return
  if (performance.now() < turnEnds) letOneGoOn()
  else setImmediate(nextTurn)
}
