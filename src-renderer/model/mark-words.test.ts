import { expect, test } from 'vitest'
import { markWords } from './mark-words.ts'

const shown = (text: string, words: string[]): string =>
  markWords(text, words)
    .map((part) => (part.marked ? `[${part.text}]` : part.text))
    .join('')

test('words are marked whatever their case and accents', () => {
  expect(shown('Le café est Là, CAFÉ!', ['cafe'])).toBe('Le [café] est Là, [CAFÉ]!')
  expect(shown('tomatoes and more', ['tomato', 'and'])).toBe('[tomato]es [and] more')
})

test('nothing to mark leaves the text as it is', () => {
  expect(markWords('hello', [])).toEqual([{ text: 'hello', marked: false }])
  expect(shown('hello', [''])).toBe('hello')
})

test('characters of two units do not shift the marks', () => {
  const parts = markWords('🎉🎉 party', ['party'])
  expect(parts.map((part) => part.text).join('')).toBe('🎉🎉 party')
})
