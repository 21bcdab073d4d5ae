import { expect, test } from 'vitest'
import { colourIndex, initials } from '../ui/initials.ts'
import { isUserId, linkify, listNames } from './text.ts'

const links = (text: string) => linkify(text).flatMap((part) => (part.kind === 'link' ? [part.href] : []))

test.each([
  ['see https://example.org.', ['https://example.org/']],
  ['(https://example.org/a_(b))', ['https://example.org/a_(b)']],
  [
    'www.example.org, and http://a.example/?q=1&r=2!',
    ['https://www.example.org/', 'http://a.example/?q=1&r=2'],
  ],
  ['mailto:ann@example.org', ['mailto:ann@example.org']],
  ['<https://example.org>', ['https://example.org/']],
  ['no.link here', []],
])('finds the addresses in %j', (text, expected) => {
  expect(links(text)).toEqual(expected)
})

test.each([
  'javascript:alert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  'https://bank.example@evil.example/',
  'https://',
])('makes no link of %j', (text) => expect(links(text)).toEqual([]))

test('loses no character of the text', () => {
  const text = 'a https://example.org/x), b\nwww.y.example… <b>bold</b>'
  expect(
    linkify(text)
      .map((part) => part.text)
      .join(''),
  ).toBe(text)
})

test('stays fast on text made to be slow', () => {
  const started = performance.now()
  linkify(`https://example.org/${'('.repeat(20_000)}`)
  linkify('http://'.repeat(5_000))
  expect(performance.now() - started).toBeLessThan(1_000)
})

test.each([
  ['Mia Holm', 'MH'],
  ['mia', 'M'],
  ['Ana María de la Cruz', 'AC'],
  ['🔥', '?'],
  ['', '?'],
  ['Зоя', 'З'],
])('initials of %j', (name, expected) => expect(initials(name)).toBe(expected))

test('a colour depends on nothing but the id', () => {
  expect(colourIndex('@a:x')).toBe(colourIndex('@a:x'))
  const used = new Set(Array.from({ length: 200 }, (_, index) => colourIndex(`@user${index}:example.org`)))
  expect(used.size).toBe(10)
})

test('lists names as people do', () => {
  expect(listNames(['A'])).toBe('A')
  expect(listNames(['A', 'B'])).toBe('A and B')
  expect(listNames(['A', 'B', 'C'])).toBe('A, B and C')
  expect(listNames(['A', 'B', 'C', 'D', 'E'])).toBe('A, B and 3 others')
})

test('knows a user id', () => {
  expect(isUserId('@a:example.org:8448')).toBe(true)
  expect(isUserId('a:example.org')).toBe(false)
  expect(isUserId('@a')).toBe(false)
})
