export type { FoundRoom } from '../client/found-room.ts'
/** The client layer's plain data, for components that may not import that layer. */
export type {
  Delivery,
  FileList,
  Member,
  Outsider,
  OutgoingFile,
  OutgoingMessage,
  Person,
  Reaction,
  RoomDetail,
  RoomEvent,
  RoomFacts,
  RoomSummary,
  SendTarget,
  ThreadList,
  ThreadSummary,
  TimelineSnapshot,
  Upload,
} from '../client/types.ts'
