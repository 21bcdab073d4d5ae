import { expect, test } from 'vitest'
import { joinRuleOf, restrictedAllowRooms } from './membership.ts'
import { pruneStrippedEvent } from './stripped-state.ts'

test('the rooms of a restricted join rule', () => {
  const allow = [
    { type: 'm.room_membership', room_id: '!a:hs1' },
    { type: 'org.other', room_id: '!b:hs1' },
    { type: 'm.room_membership', room_id: 7 },
    null,
    'x',
  ]
  expect(restrictedAllowRooms({ join_rule: 'restricted', allow })).toEqual(['!a:hs1'])
  expect(restrictedAllowRooms({ allow: 'x' })).toEqual([])
  expect(restrictedAllowRooms(undefined)).toEqual([])
})

test('no join rule means invite', () => {
  expect(joinRuleOf(undefined)).toBe('invite')
  expect(joinRuleOf({ join_rule: 7 })).toBe('invite')
})

test('stripped state is pruned to its schema', () => {
  const event = { type: 'm.room.name', sender: '@a:hs1', state_key: '', content: { name: 'x' } }
  expect(pruneStrippedEvent({ ...event, event_id: '$x', unsigned: {} })).toEqual(event)
  for (const bad of [null, 'x', {}, { ...event, content: [] }, { ...event, state_key: undefined }]) {
    expect(pruneStrippedEvent(bad)).toBeUndefined()
  }
})
