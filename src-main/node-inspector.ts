import type { Hono } from 'hono'
import { createInspectorApp } from './inspector/app.ts'
import { eventEndpoints } from './inspector/event/index.ts'
import type { InspectedRooms } from './inspector/event/ports.ts'
import type { RoomStore } from './rooms/ports.ts'

export interface NodeInspectorParts {
  readonly store: RoomStore
  readonly keysOf: InspectedRooms['keysOf']
}

/** Connects the inspector with what it shows. */
export function createNodeInspector({ store, keysOf }: NodeInspectorParts): Hono {
  const rooms: InspectedRooms = { ...store, keysOf }
  return createInspectorApp([eventEndpoints(rooms)])
}
