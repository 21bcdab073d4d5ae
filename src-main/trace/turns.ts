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

/** After what the event loop has to do in this turn, and what was put off to its end before. */
export function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
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

/**
 * Runs work that yields between its pieces, with a breath whenever it has gone on for long. Work that is short is
 * over when this returns, and then the result is no promise: nothing can have happened meanwhile.
 */
export function inTurns<T>(work: Generator<void, T>): T | Promise<T> {
  const step = spell(work)
  return step.done === true ? step.value : goOn(work)
}

/** For work that waits in between: what it calls again and again, and awaits; a breath where it has gone on for long. */
export function createBreather(): () => Promise<void> | undefined {
  let end = performance.now() + TURN_MS
  return () => {
    if (performance.now() < end) return undefined
    return breathe().then(() => {
      end = performance.now() + TURN_MS
    })
  }
}

async function goOn<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    await breathe()
    const step = spell(work)
    if (step.done === true) return step.value
  }
}

function spell<T>(work: Generator<void, T>): IteratorResult<void, T> {
  const end = performance.now() + TURN_MS
  for (;;) {
    const step = work.next()
    if (step.done === true || performance.now() >= end) return step
  }
}
