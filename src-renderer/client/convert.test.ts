import { MatrixEvent } from 'matrix-js-sdk'
import { expect, test } from 'vitest'
import { isShown } from './convert.ts'

const event = (type: string, content: Record<string, unknown> = {}) =>
  new MatrixEvent({ type, content, event_id: '$1', sender: '@a:b', room_id: '!r', origin_server_ts: 1 })

test('what only servers say to each other is not drawn', () => {
  expect(isShown(event('m.room.message', { msgtype: 'm.text', body: 'Hello' }))).toBe(true)
  expect(isShown(event('org.matrix.dummy_event'))).toBe(false)
  expect(isShown(event('m.room.redaction'))).toBe(false)
  expect(isShown(event('m.reaction', { 'm.relates_to': { rel_type: 'm.annotation' } }))).toBe(false)
})
