import type { Json, JsonObject, Pdu } from '../../core/types.ts'

/** Which of the `keys` of a search an event's words belong to. */
export type SearchKey = 'body' | 'name' | 'topic'

const MAX_CHARS = 20_000
/** Scripts that put no spaces between words, and pictures: each character is a word of its own. */
const alone =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{So}]/gu
/** What tells pictures apart inside one emoji is no word. */
const joiners = /\p{Variation_Selector}|\u200d/gu

/** Text in the form in which it is indexed, and in which words are looked for. */
export const spaced = (text: string): string =>
  text.toWellFormed().replaceAll('\0', ' ').normalize('NFC').replace(joiners, '').replace(alone, ' $& ')

/** The words that an event is found by; `content` is what it says now (of its latest edit). */
export function searchableText(pdu: Pdu, content: JsonObject): { key: SearchKey; text: string } | undefined {
  switch (pdu.type) {
    case 'm.room.message':
      return found('body', bodyOf(content), content['filename'])
    case 'm.sticker':
      return found('body', content['body'])
    case 'm.poll.start':
    case 'org.matrix.msc3381.poll.start':
      return found('body', ...pollTexts(content))
    case 'm.room.name':
      return pdu.stateKey === '' ? found('name', content['name']) : undefined
    case 'm.room.topic':
      return pdu.stateKey === '' ? found('topic', content['topic']) : undefined
    default:
      return undefined
  }
}

function found(key: SearchKey, ...parts: (Json | undefined)[]): { key: SearchKey; text: string } | undefined {
  const texts = new Set(parts.filter((part) => typeof part === 'string'))
  const text = spaced([...texts].join('\n').slice(0, MAX_CHARS)).trim()
  return text === '' ? undefined : { key, text }
}

/** Without the quote that clients once put above a reply ("Fallbacks for rich replies"). */
function bodyOf(content: JsonObject): Json | undefined {
  const body = content['body']
  if (typeof body !== 'string' || !body.startsWith('> <')) return body
  const relation = objectOf(content['m.relates_to'])
  if (objectOf(relation?.['m.in_reply_to']) === undefined) return body
  return body.replace(/^(?:> .*\n)+\n?/, '')
}

/** The question and the answers, of the poll's stable and unstable form. */
function pollTexts(content: JsonObject): (Json | undefined)[] {
  const poll = objectOf(
    content['m.poll'] ?? content['m.poll.start'] ?? content['org.matrix.msc3381.poll.start'],
  )
  const answers = poll?.['answers']
  return [
    textIn(objectOf(poll?.['question'])),
    ...(Array.isArray(answers) ? answers.slice(0, 20).map((answer) => textIn(objectOf(answer))) : []),
  ]
}

/** Extensible text: `m.text` as a list of representations, or the unstable string. */
function textIn(block: JsonObject | undefined): Json | undefined {
  const text = block?.['m.text'] ?? block?.['org.matrix.msc1767.text'] ?? block?.['body']
  return Array.isArray(text) ? objectOf(text[0])?.['body'] : text
}

const objectOf = (value: Json | undefined): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
