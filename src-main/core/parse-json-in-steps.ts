import { endOfString, parseCounted, parseJson, skipSpace } from './parse-json.ts'
import { MAX_JSON_DEPTH, setOwn } from './json.ts'
import type { Json, JsonObject } from './types.ts'

type Asking<T> = Generator<'more', T, string | undefined>

/** A step asks for the next piece of text (undefined once there is none), or lets others do something in between. */
type JsonSteps = Generator<'more' | 'breathe', unknown, string | undefined>

/**
 * `parseJson` for long text in pieces, an element of the outermost object's lists a step; what has been parsed is
 * not kept as text. Throws `SyntaxError` where `parseJson` would.
 */
export function* parseJsonInSteps(
  maxDepth: number = MAX_JSON_DEPTH,
  maxValues: number = Number.POSITIVE_INFINITY,
): JsonSteps {
  let text = ''
  let at = 0
  /** Of the text before `text`. */
  let gone = 0
  let isAll = false
  let left = maxValues

  /** Each time as much as there is at least, so that a value of many pieces is not looked through once for each. */
  function* more(): Asking<void> {
    const pieces: string[] = []
    for (let size = 0; !isAll && size <= text.length - at;) {
      const piece = yield 'more'
      if (piece === undefined) isAll = true
      else {
        pieces.push(piece)
        size += piece.length
      }
    }
    gone += at
    text = text.slice(at) + pieces.join('')
    at = 0
  }
  function* toNext(): Asking<void> {
    for (;;) {
      at = skipSpace(text, at)
      if (at < text.length || isAll) return
      yield* more()
    }
  }
  function* expect(char: string): Asking<void> {
    if (text[at] !== char) throw wrong(JSON.stringify(char))
    at++
    yield* toNext()
  }
  function wrong(expected: string): SyntaxError {
    return new SyntaxError(`${expected} expected at ${gone + at}`)
  }
  /** The text of the value here, or of what is no value. */
  function* take(): Asking<string> {
    let end = endOfValue(text, at)
    while (end >= text.length && !isAll) {
      yield* more()
      end = endOfValue(text, at)
    }
    const taken = text.slice(at, end)
    at = end
    return taken
  }
  function* value(depth: number): Asking<Json> {
    const parsed = parseCounted(yield* take(), maxDepth - depth, left)
    left -= parsed.values + 1
    return parsed.value as Json
  }

  yield* toNext()
  if (text[at] !== '{') {
    while (!isAll) yield* more()
    return parseJson(text, maxDepth, maxValues)
  }
  const result: JsonObject = {}
  yield* expect('{')
  while (text[at] !== '}') {
    if (text[at] !== '"') throw wrong('a name')
    const key = JSON.parse(yield* take()) as string
    yield* toNext()
    yield* expect(':')
    if (text[at] === '[') {
      const list: Json[] = []
      yield* expect('[')
      while (text[at] !== ']') {
        list.push(yield* value(2))
        yield* toNext()
        yield 'breathe'
        if (text[at] === ']') break
        yield* expect(',')
        if (text[at] === ']') throw wrong('a value')
      }
      yield* expect(']')
      setOwn(result, key, list)
    } else {
      setOwn(result, key, yield* value(1))
      yield* toNext()
    }
    if (text[at] === '}') break
    yield* expect(',')
    if (text[at] !== '"') throw wrong('a name')
  }
  yield* expect('}')
  if (at < text.length) throw wrong('nothing more')
  return result
}

/** Index behind a value, or the text's length where it may go on; whether it is one is for the parser to find out. */
function endOfValue(text: string, start: number): number {
  const first = text[start]
  if (first === '"') return endOfString(text, start) + 1
  let depth = 0
  for (let i = start; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22:
        i = endOfString(text, i)
        break
      case 0x7b:
      case 0x5b:
        depth++
        break
      case 0x7d:
      case 0x5d:
        if (depth === 0) return i
        if (--depth === 0) return i + 1
        break
      case 0x2c:
        if (depth === 0) return i
    }
  }
  return text.length
}
