import type { Hono } from 'hono'
import type { RoomId, Signer } from './core/types.ts'
import { createInspectorApp } from './inspector/app.ts'
import { eventEndpoints } from './inspector/event/index.ts'
import type { InspectedRooms } from './inspector/event/ports.ts'
import { captureEndpoints, exportEndpoints } from './inspector/export/index.ts'
import { graphEndpoints } from './inspector/graph/endpoints.ts'
import type { GraphChanges } from './inspector/graph/ports.ts'
import { curlEndpoints, type CurlSource } from './inspector/curl-endpoints.ts'
import { pathEndpoints } from './inspector/path/endpoints.ts'
import type { PathSources } from './inspector/path/ports.ts'
import { recordingEndpoints } from './inspector/recording.ts'
import { traceEndpoints } from './inspector/trace-endpoints.ts'
import type { Trace } from './inspector/trace.ts'
import { networkEndpoints, type NetworkParts } from './node-inspector-network.ts'
import { refusedEndpoints } from './inspector/refused/index.ts'
import type { RoomStore } from './rooms/ports.ts'
import type { Database } from './storage/database.ts'
import { createExportReader } from './storage/rooms/export-reader.ts'
import { createRefusalReader } from './storage/rooms/refusal-reader.ts'
import { createRoomGraph } from './storage/rooms/graph.ts'
import type { Clock } from './trace/clock.ts'
import type { Logger } from './trace/log.ts'

export interface NodeInspectorParts {
  readonly trace: Trace
  readonly log: Logger
  readonly store: RoomStore
  readonly keysOf: InspectedRooms['keysOf']
  readonly db: Database
  readonly graphChanges: GraphChanges
  readonly clock: Clock
  readonly signer: Signer
  readonly version: string
  readonly paths: PathSources
  readonly curl: CurlSource['curl']
  readonly network: NetworkParts
}

/** Connects the inspector with what it shows. */
export function createNodeInspector(parts: NodeInspectorParts): Hono {
  const { trace, store, keysOf, db, graphChanges, clock } = parts
  const rooms: InspectedRooms = { ...store, keysOf }
  const nameOf = (roomId: RoomId): string | undefined => {
    const name = store.currentStateEvent(roomId, 'm.room.name', '')?.pdu.content['name']
    return typeof name === 'string' && name !== '' ? name.slice(0, 255) : undefined
  }
  const exported = {
    rooms: store,
    keysOf,
    signer: parts.signer,
    software: `Hearth ${parts.version}`,
    now: () => clock.now(),
  }
  return createInspectorApp([
    // Before the trace's own, which takes any word for the id of a record.
    captureEndpoints({ ...exported, trace }),
    traceEndpoints(trace),
    recordingEndpoints(trace, parts.log, parts.clock),
    pathEndpoints(trace, parts.paths),
    curlEndpoints(parts),
    eventEndpoints(rooms),
    refusedEndpoints({ rooms, refusals: createRefusalReader(db), nameOf }),
    exportEndpoints({ ...exported, reader: createExportReader(db) }),
    graphEndpoints({ graph: createRoomGraph(db), changes: graphChanges, nameOf, clock }),
    ...networkEndpoints(parts.network),
  ])
}
