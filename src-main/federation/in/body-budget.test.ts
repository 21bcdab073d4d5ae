import { expect, test } from 'vitest'
import { createBodyBudget } from './body-budget.ts'

test('one address, and all together, take so much and no more, until requests are answered', () => {
  const budget = createBodyBudget({ ofOne: 100, ofAll: 150 })
  const [first, second, other] = [budget.open('a'), budget.open('a'), budget.open('b')]
  first.add(60)
  second.add(40)
  expect(() => second.add(1)).toThrow(/Too many large requests/)
  other.add(50)
  expect(() => budget.open('c').add(1)).toThrow(/Too many large requests/)
  first.end()
  second.add(50)
  second.end()
  other.end()
  const again = budget.open('a')
  again.add(100)
  again.end()
})

test('a single request is never refused for its size: its own limit says how large it may be', () => {
  const budget = createBodyBudget({ ofOne: 10, ofAll: 10 })
  const alone = budget.open('a')
  alone.add(8)
  alone.add(8)
  alone.end()
})
