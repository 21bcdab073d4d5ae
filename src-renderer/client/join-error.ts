import { MatrixError } from 'matrix-js-sdk'

/** Why a room could not be joined, where the node's own sentence speaks of servers and ids. */
export function describeJoinError(error: unknown, room: string): string | undefined {
  if (!(error instanceof MatrixError)) return undefined
  const said = typeof error.data['error'] === 'string' ? error.data['error'] : ''
  if (error.errcode === 'M_NOT_FOUND' || error.httpStatus === 404) {
    return room.startsWith('#')
      ? 'There is no room with this address. Is it spelled right?'
      : 'This room was not found. Ask for a new link, or to be invited.'
  }
  // Whoever owns this Hearth can change that, and nobody else.
  if (typeof error.data['denied_server'] === 'string') return said
  if (typeof error.data['denied_by'] === 'string')
    return 'The owner of the server that this room is on does not allow yours.'
  if (error.errcode === 'M_FORBIDDEN') {
    return /\bban/iu.test(said)
      ? 'You are banned from this room.'
      : 'This room is for invited people only. Ask somebody in it to invite you.'
  }
  if (error.errcode === 'M_INCOMPATIBLE_ROOM_VERSION' || error.errcode === 'M_UNSUPPORTED_ROOM_VERSION') {
    return 'This room is of a kind that this version of Hearth does not know.'
  }
  if (error.data['not_checkable'] === true) return said
  if (error.httpStatus === 502 || error.httpStatus === 504) {
    return 'The computers of this room cannot be reached. Check the address, or try again when they are on.'
  }
  return undefined
}
