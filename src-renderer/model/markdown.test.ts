import { expect, test } from 'vitest'
import { composeMessage, composeSpoiler, isTooLong } from './compose.ts'
import type { Mention } from './mentions.ts'

const mia: Mention = { token: '@Mia', userId: '@mia:example.org', name: 'Mia' }
const miaL: Mention = { token: '@Mia Lindqvist', userId: '@ml:example.org', name: 'Mia Lindqvist' }
const html = (text: string, mentions: readonly Mention[] = [], room = false) =>
  composeMessage(text, { mentions, room }).formattedBody

test.each([
  ['**bold** and *italic*', '<strong>bold</strong> and <em>italic</em>'],
  ['~~gone~~ `code`', '<del>gone</del> <code>code</code>'],
  ['||secret||', '<span data-mx-spoiler>secret</span>'],
  ['||**both**||', '<span data-mx-spoiler><strong>both</strong></span>'],
  ['*one*\ntwo', '<em>one</em><br>two'],
  ['[site](https://example.org/a?b=1&c=2)', '<a href="https://example.org/a?b=1&amp;c=2">site</a>'],
  ['> quoted', '<blockquote>\n<p>quoted</p>\n</blockquote>'],
  ['- a\n- b', '<ul>\n<li>a</li>\n<li>b</li>\n</ul>'],
  ['3. c\n4. d', '<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>'],
  ['- [x] done', '<ul>\n<li>☑ done</li>\n</ul>'],
  ['```ts\nlet a = 1 < 2\n```', '<pre><code class="language-ts">let a = 1 &lt; 2\n</code></pre>'],
  ['# Title', '<h1>Title</h1>'],
  ['\\*stars\\*', '*stars*'],
])('%s becomes HTML', (text, expected) => {
  const message = composeMessage(text, { mentions: [], room: false })
  expect(message.body).toBe(text)
  expect(message.formattedBody?.trim()).toBe(expected)
})

test('a table keeps its cells, without attributes that no client may show', () => {
  const out = html('| a | b |\n|:-:|---|\n| 1 | **2** |') ?? ''
  expect(out).toContain('<th>a</th>')
  expect(out).toContain('<td><strong>2</strong></td>')
  expect(out).not.toContain('align')
})

test.each([
  'Hello there',
  'two\nlines',
  'two\n\nparagraphs',
  'see https://example.org/a_b_c?x=*1*',
  'snake_case_name and 2 * 3 * 4',
  '<b>not bold</b>',
  '&lt;b&gt; & so on',
  ':) ;-) <3',
  '-',
  '***',
  '[note]: remember the lamp',
  '    indented',
  'path C:\\new\\table',
])('%j says no more with HTML than without', (text) => {
  expect(html(text)).toBeUndefined()
})

test.each([
  '<script>alert(1)</script> **x**',
  '<img src=x onerror=alert(1)> **x**',
  '**x** [a](javascript:alert(1))',
  '**x** [a](data:text/html,<script>)',
  '**x** [a](https://e.org/"onclick="alert(1))',
  '**x** <javascript:alert(1)>',
  '**x** ![a](javascript:alert(1))',
  '**x** ![" onerror="alert(1)](https://e.org/a.png)',
  '```"><script>\nx\n```',
  '||<svg onload=alert(1)>|| **x**',
  '| <b onclick=x> |\n|---|\n| <iframe> |',
])('%s brings in no markup of its own', (text) => {
  const out = html(text) ?? ''
  const tags = [...out.matchAll(/<\/?([a-z0-9]+)([^>]*)>/gu)]
  const allowed =
    /^(?:strong|em|a|p|pre|code|span|table|thead|tbody|tr|th|td|del|ul|ol|li|br|blockquote|h[1-6])$/u
  for (const [, name, attributes] of tags) {
    expect(name).toMatch(allowed)
    expect(attributes).toMatch(
      /^(?: (?:href="(?:https?|mailto):[^"]*"|class="language-[\w+#.-]+"|data-mx-spoiler))?$/u,
    )
  }
})

test('a chosen name becomes a pill, and whoever is named is told', () => {
  const message = composeMessage('Hi @Mia!', { mentions: [mia], room: false })
  expect(message.body).toBe('Hi @Mia!')
  expect(message.formattedBody).toBe('Hi <a href="https://matrix.to/#/@mia:example.org">Mia</a>!')
  expect(message.mentions).toEqual({ userIds: ['@mia:example.org'], room: false })
})

test('of two names that begin alike the longer one is meant where it stands', () => {
  const { mentions } = composeMessage('@Mia Lindqvist is here', { mentions: [mia, miaL], room: false })
  expect(mentions.userIds).toEqual(['@ml:example.org'])
})

test('a name in code, in the middle of a word, or taken out mentions nobody', () => {
  for (const text of ['`@Mia`', '```\n@Mia\n```', 'x@Mia', '@Miaow', 'nobody'])
    expect(composeMessage(text, { mentions: [mia], room: false }).mentions.userIds).toEqual([])
})

test('the whole room is meant only by who may, and only by the word itself', () => {
  const room = (text: string, may: boolean) => composeMessage(text, { mentions: [], room: may }).mentions.room
  expect(room('@room lunch', true)).toBe(true)
  expect(room('@room lunch', false)).toBe(false)
  expect(room('@rooms', true)).toBe(false)
  expect(room('me@room', true)).toBe(false)
  expect(room('`@room`', true)).toBe(false)
})

test('a name with signs in it is a name', () => {
  const odd: Mention = { token: '@<b> *x* "q"', userId: '@o:x', name: '<b> *x* "q"' }
  expect(html('@<b> *x* "q"', [odd])).toBe(
    '<a href="https://matrix.to/#/@o:x">&lt;b&gt; *x* &quot;q&quot;</a>',
  )
})

test('a text too deep or too long to format goes out as it is, with whom it names', () => {
  for (const text of [`${'> '.repeat(5_000)}@Mia`, `**a** @Mia ${'_a'.repeat(15_000)}`]) {
    const message = composeMessage(text, { mentions: [mia], room: false })
    expect(message.body).toBe(text)
    expect(message.formattedBody).toBeUndefined()
    expect(message.mentions.userIds).toEqual(['@mia:example.org'])
  }
})

test('a spoiler hides a plain text too, and a message beyond the limit is known before it is sent', () => {
  expect(composeSpoiler('a <b>\nc', { mentions: [], room: false }).formattedBody).toBe(
    '<span data-mx-spoiler>a &lt;b&gt;<br>c</span>',
  )
  expect(isTooLong(composeMessage('x'.repeat(70_000), { mentions: [], room: false }))).toBe(true)
})
