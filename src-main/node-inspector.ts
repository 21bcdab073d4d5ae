import type { Hono } from 'hono'
import { createInspectorApp } from './inspector/app.ts'
import { eventEndpoints } from './inspector/event/index.ts'
import type { InspectedRooms } from './inspector/event/ports.ts'
import { traceEndpoints } from './inspector/trace-endpoints.ts'
import type { Trace } from './inspector/trace.ts'
import type { RoomStore } from './rooms/ports.ts'

export interface NodeInspectorParts {
  readonly trace: Trace
  readonly store: RoomStore
  readonly keysOf: InspectedRooms['keysOf']
}

/** Connects the inspector with what it shows. */
export function createNodeInspector({ trace, store, keysOf }: NodeInspectorParts): Hono {
  const rooms: InspectedRooms = { ...store, keysOf }
  return createInspectorApp([traceEndpoints(trace), eventEndpoints(rooms)])
}
