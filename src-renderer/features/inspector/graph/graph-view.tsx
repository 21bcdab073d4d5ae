import type { ViewProps } from '../views.ts'
import { RoomGraph } from './room-graph.tsx'
import { RoomsTable } from './rooms-table.tsx'

/** The event graphs of rooms: first the rooms, then the one that was chosen. */
export function GraphView({ args: [roomId, eventId] }: ViewProps) {
  return roomId === undefined ? <RoomsTable /> : <RoomGraph key={roomId} roomId={roomId} eventId={eventId} />
}
