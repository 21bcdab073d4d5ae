import { MatrixError } from 'matrix-js-sdk'
import { expect, test } from 'vitest'
import { describeJoinError } from './join-error.ts'

const words = (status: number, errcode: string, error = '', room = '#a:b') =>
  describeJoinError(new MatrixError({ errcode, error }, status), room)

test('says in words why a room could not be joined, and leaves the rest to the node', () => {
  expect(words(404, 'M_NOT_FOUND')).toContain('spelled right')
  expect(words(404, 'M_NOT_FOUND', '', '!a:b')).toContain('new link')
  expect(words(403, 'M_FORBIDDEN', 'You are not invited')).toContain('Ask somebody in it')
  expect(words(403, 'M_FORBIDDEN', '@a:b is banned')).toBe('You are banned from this room.')
  expect(words(502, 'M_UNKNOWN')).toContain('cannot be reached')
  expect(words(400, 'M_INVALID_PARAM', 'No.')).toBeUndefined()
  const denied = { errcode: 'M_FORBIDDEN', error: 'The settings…', denied_server: 'b' }
  expect(describeJoinError(new MatrixError(denied, 403), '#a:b')).toBe('The settings…')
  const deniedBy = { errcode: 'M_FORBIDDEN', error: 'b: The owner…', denied_by: 'b' }
  expect(describeJoinError(new MatrixError(deniedBy, 403), '#a:b')).toContain('does not allow yours')
  const lacking = { errcode: 'M_UNKNOWN', error: 'It rests on c.', not_checkable: true }
  expect(describeJoinError(new MatrixError(lacking, 502), '#a:b')).toBe('It rests on c.')
  expect(describeJoinError(new Error('No.'), '#a:b')).toBeUndefined()
})
