import { expect, test } from 'vitest'
import { parsePoll, tallyPoll, type PollEvent } from './poll.ts'

const start = (change: Record<string, unknown> = {}) => ({
  'org.matrix.msc3381.poll.start': {
    question: { 'org.matrix.msc1767.text': 'Lunch?', body: 'Lunch?' },
    kind: 'org.matrix.msc3381.poll.disclosed',
    max_selections: 1,
    answers: [
      { id: 'a', 'org.matrix.msc1767.text': 'Soup' },
      { id: 'b', 'org.matrix.msc1767.text': 'Salad' },
    ],
    ...change,
  },
})

let n = 0
const vote = (sender: string, ts: number, answers: unknown): PollEvent => ({
  id: `$${n++}`,
  type: 'org.matrix.msc3381.poll.response',
  sender,
  ts,
  content: { 'org.matrix.msc3381.poll.response': { answers } },
})
const end = (sender: string, ts: number): PollEvent => ({
  id: `$${n++}`,
  type: 'm.poll.end',
  sender,
  ts,
  content: {},
})
const poll = (change: Record<string, unknown> = {}) => {
  const parsed = parsePoll(start(change))
  if (parsed === undefined) throw new Error('no poll')
  return parsed
}
const counts = (events: PollEvent[], change: Record<string, unknown> = {}) => {
  const { votes, ...rest } = tallyPoll(poll(change), events, (id) => id === '@author')
  return { ...Object.fromEntries([...votes].map(([id, users]) => [id, users.length])), ...rest }
}

test('both namespaces and both forms of text are read', () => {
  expect(poll()).toMatchObject({ question: 'Lunch?', disclosed: true, maxSelections: 1 })
  const stable = parsePoll({
    'm.poll.start': {
      question: { 'm.text': [{ body: 'Lunch?' }] },
      kind: 'm.poll.undisclosed',
      answers: [{ 'm.id': 'x', 'm.text': [{ body: 'Soup' }] }],
    },
  })
  expect(stable).toEqual({
    question: 'Lunch?',
    disclosed: false,
    maxSelections: 1,
    answers: [{ id: 'x', text: 'Soup' }],
  })
})

test('what is no poll is none, and wild ones are cut', () => {
  expect(parsePoll({})).toBeUndefined()
  expect(parsePoll({ 'm.poll.start': 3 })).toBeUndefined()
  expect(parsePoll(start({ answers: [] }))).toBeUndefined()
  const many = Array.from({ length: 500 }, (_, i) => ({ id: `${i}`, 'm.text': 'x'.repeat(9_999) }))
  const cut = poll({ answers: many, max_selections: 1e9 })
  expect(cut.answers).toHaveLength(20)
  expect(cut.answers[0]?.text.length).toBeLessThan(400)
  expect(cut.maxSelections).toBe(20)
})

test('the newest vote of each person counts, and can be taken back', () => {
  expect(counts([vote('@m', 1, ['a']), vote('@n', 2, ['a']), vote('@m', 3, ['b'])])).toEqual({
    a: 1,
    b: 1,
    voters: 2,
    ended: false,
  })
  expect(counts([vote('@m', 1, ['a']), vote('@m', 2, [])])).toMatchObject({ a: 0, voters: 0 })
  expect(counts([vote('@m', 1, ['a', 'b'])])).toMatchObject({ a: 1, b: 0 })
  expect(counts([vote('@m', 1, ['a', 'b'])], { max_selections: 2 })).toMatchObject({ a: 1, b: 1, voters: 1 })
  expect(counts([vote('@m', 1, ['zzz']), vote('@n', 1, 'a')])).toMatchObject({ a: 0, b: 0, voters: 0 })
})

test('votes after the end do not count, and only some can end it', () => {
  expect(counts([vote('@m', 1, ['a']), end('@author', 5), vote('@m', 6, ['b'])])).toEqual({
    a: 1,
    b: 0,
    voters: 1,
    ended: true,
  })
  expect(counts([vote('@m', 6, ['b']), end('@stranger', 5)])).toMatchObject({ b: 1, ended: false })
})
