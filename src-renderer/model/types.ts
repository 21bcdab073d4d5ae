export type { FoundRoom } from '../client/found-room.ts'
/** The client layer's plain data, for components that may not import that layer. */
export type {
  Delivery,
  FileList,
  Member,
  OutgoingFile,
  OutgoingMessage,
  Person,
  Reaction,
  RoomDetail,
  RoomEvent,
  RoomSummary,
  SendTarget,
  ThreadList,
  ThreadSummary,
  TimelineSnapshot,
  Upload,
} from '../client/types.ts'
