import { expect, test } from 'vitest'
import type { Report } from '../client/reports.ts'
import { describeReport, whoMayAct } from './describe-report.ts'

const [alice, bob] = [
  { userId: '@alice:a', name: 'Alice' },
  { userId: '@bob:b', name: 'Bob' },
]
const report = (part: Partial<Report>): Report => ({
  id: 1,
  ts: 0,
  isNew: true,
  reporter: alice,
  concerns: { servers: [], moderators: [] },
  eventId: undefined,
  room: undefined,
  ...part,
})

test('says in one sentence who reported what', () => {
  const room = { id: '!r', name: 'Garden' }
  expect(describeReport(report({ user: bob, room, eventId: '$1' }))).toBe(
    'Alice reported a message of Bob in Garden',
  )
  expect(describeReport(report({ room }))).toBe('Alice reported the room Garden')
  expect(describeReport(report({ room: { id: '!r', name: undefined } }))).toBe(
    'Alice reported a room without a name',
  )
  expect(describeReport(report({ user: bob }))).toBe('Alice reported Bob')
})

test('says to whom else it may matter, by names that people know', () => {
  expect(whoMayAct(report({}), alice.userId)).toBeUndefined()
  const servers = ['b.example', `${'a'.repeat(56)}.local`]
  expect(whoMayAct(report({ concerns: { servers, moderators: [alice, bob] } }), alice.userId)).toBe(
    'It may matter to those who moderate the room (Bob), and to whoever runs b.example and the Hearth aaaaaaaa.',
  )
})
