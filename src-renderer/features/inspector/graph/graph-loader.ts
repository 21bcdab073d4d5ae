import type { InspectorApi } from '../../../client/inspector.ts'
import { writable } from '../../../client/readable.ts'
import type { Readable } from '../../../client/types.ts'
import { graphEventSchema, graphSchema, type GraphAnswer, type GraphEvent } from './graph-event.ts'
import { startLayoutThread } from './lay-out.ts'
import type { Layout } from './layout.ts'
import { GraphBuilder, layoutInput, type GraphModel } from './model.ts'
import { ServerCounts, type ServerRow } from './servers.ts'

const PAGE = 500
/** What can still be laid out in about a second. */
export const MOST_EVENTS = 20_000
const WAIT_MS = 30_000
const RETRY_MS = 2_000
/** Events that are checked at once: a part of a frame's time. */
const CHECKED = 50

export interface LoadedGraph {
  readonly model: GraphModel
  readonly layout: Layout
  readonly servers: readonly ServerRow[]
}

export interface GraphState {
  /** Undefined until the first page is there and laid out. */
  readonly graph: LoadedGraph | undefined
  readonly loading: boolean
  readonly hasOlder: boolean
  /** What keeps it from being loaded, as a sentence. */
  readonly problem: string | undefined
  /** The node cannot be asked for news at the moment. */
  readonly stale: boolean
}

export interface GraphLoader {
  readonly state: Readable<GraphState>
  loadOlder(): void
  reload(): void
  stop(): void
}

/** Loads the graph of a room by pages, from the newest down, and follows what happens in it. */
export function createGraphLoader(api: InspectorApi, roomId: string, ownServer: string): GraphLoader {
  const state = writable<GraphState>({
    graph: undefined,
    loading: true,
    hasOlder: false,
    problem: undefined,
    stale: false,
  })
  const path = `rooms/${encodeURIComponent(roomId)}/graph`
  const abort = new AbortController()
  /** Counts up whenever all is loaded anew: what was on its way before is of no use. */
  let run = 0
  let builder = new GraphBuilder()
  const servers = new ServerCounts(ownServer)
  let older: string | undefined

  const set = (change: Partial<GraphState>): void => state.set({ ...state.get(), ...change })
  let of = builder
  const thread = startLayoutThread(
    (layout) => {
      // The layout may be of fewer events than there are by now: those have no row yet.
      if (of === builder) set({ graph: { model: builder.model(), layout, servers: servers.rows() } })
    },
    () => set({ problem: 'The graph could not be laid out.' }),
  )

  async function ask(query: string): Promise<GraphAnswer> {
    return await api.get(`${path}?${query}`, graphSchema, abort.signal)
  }

  /** Adds what is new and replaces what has changed; false when something else was begun meanwhile. */
  async function take(answer: GraphAnswer, during: number, isHistory = false): Promise<boolean> {
    const parsed: GraphEvent[] = []
    for (let start = 0; start < answer.events.length; start += CHECKED) {
      // One event that cannot be read costs that event, not the graph.
      for (const row of answer.events.slice(start, start + CHECKED)) {
        const result = graphEventSchema.safeParse(row)
        if (result.success) parsed.push(result.data)
      }
      if (start + CHECKED < answer.events.length) await nextTask()
    }
    if (run !== during || abort.signal.aborted) return false
    for (const event of parsed) {
      const before = builder.size
      builder.add(event)
      if (builder.size > before) servers.add(event.server)
    }
    builder.setMissing(answer.missing)
    // A page of history is older than what was heard of the newest.
    if (!isHistory) builder.setExtremities(answer.extremities)
    thread.ask(() => {
      of = builder
      return layoutInput(builder.model())
    })
    return true
  }

  async function start(): Promise<void> {
    const during = ++run
    set({ loading: true, problem: undefined })
    try {
      const answer = await ask(`limit=${PAGE}`)
      if (run !== during) return
      builder = new GraphBuilder()
      servers.clear()
      older = answer.older
      if (!(await take(answer, during))) return
      set({ loading: false, hasOlder: older !== undefined, stale: false })
      await follow(answer.next, during)
    } catch (error) {
      if (run === during && !abort.signal.aborted) set({ loading: false, problem: wordsFor(error) })
    }
  }

  async function follow(from: string, during: number): Promise<void> {
    for (let next = from; run === during && !abort.signal.aborted;) {
      try {
        const answer = await ask(`after=${encodeURIComponent(next)}&limit=${PAGE}&wait=${WAIT_MS}`)
        if (answer.reset === true) return void start()
        const changed = answer.next !== next || answer.events.length > 0
        next = answer.next
        if (changed && !(await take(answer, during))) return
        set({ stale: false })
      } catch {
        if (abort.signal.aborted) return
        set({ stale: true })
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  async function page(): Promise<void> {
    const { loading } = state.get()
    if (loading || older === undefined || builder.size >= MOST_EVENTS) return
    const during = run
    set({ loading: true })
    try {
      const answer = await ask(`before=${encodeURIComponent(older)}&limit=${PAGE}`)
      if (run !== during) return
      older = answer.older
      if (!(await take(answer, during, true))) return
      set({
        loading: false,
        hasOlder: older !== undefined && builder.size < MOST_EVENTS,
        problem: undefined,
      })
    } catch (error) {
      if (run === during && !abort.signal.aborted) set({ loading: false, problem: wordsFor(error) })
    }
  }

  void start()
  return {
    state,
    loadOlder: () => void page(),
    reload: () => void start(),
    stop() {
      abort.abort()
      thread.stop()
    },
  }
}

const wordsFor = (error: unknown): string =>
  error instanceof Error ? error.message : 'The graph could not be loaded.'

/** Lets a frame be drawn in between; a timer would wait longer each time. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', () => resolve(), { once: true })
    port1.start()
    port2.postMessage(undefined)
  })
}
