import { expect, test } from 'vitest'
import { isOnlyEmoji } from './emoji-text.ts'

test.each(['🎉', '❤️', '❤', '👍🏽 👩‍👩‍👧', '🇸🇪'])('%s is large', (text) => expect(isOnlyEmoji(text)).toBe(true))
test.each(['', ' ', '3', 'ok 👍', '🎉'.repeat(7), '#'])('“%s” is not', (text) =>
  expect(isOnlyEmoji(text)).toBe(false),
)
