/** The client layer's plain data, for components that may not import that layer. */
export type {
  Member,
  Person,
  Reaction,
  RoomDetail,
  RoomEvent,
  RoomSummary,
  ThreadSummary,
} from '../client/types.ts'
