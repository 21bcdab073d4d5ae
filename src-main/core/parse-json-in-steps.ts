import { endOfString, parseCounted, parseJson, skipSpace } from './parse-json.ts'
import { MAX_JSON_DEPTH, setOwn } from './json.ts'
import type { Json, JsonObject } from './types.ts'

/**
 * `parseJson` for long text, an element of the outermost object's lists a step, so that the caller can do
 * something else in between. Throws `SyntaxError` where `parseJson` would.
 */
export function* parseJsonInSteps(
  text: string,
  maxDepth: number = MAX_JSON_DEPTH,
  maxValues: number = Number.POSITIVE_INFINITY,
): Generator<undefined, unknown> {
  let at = skipSpace(text, 0)
  let left = maxValues
  if (text[at] !== '{') return parseJson(text, maxDepth, maxValues)
  const result: JsonObject = {}
  const expect = (char: string): void => {
    if (text[at] !== char) throw new SyntaxError(`${JSON.stringify(char)} expected at ${at}`)
    at = skipSpace(text, at + 1)
  }
  const value = (depth: number): Json => {
    const start = at
    at = endOfValue(text, at)
    const parsed = parseCounted(text.slice(start, at), maxDepth - depth, left)
    left -= parsed.values + 1
    at = skipSpace(text, at)
    return parsed.value as Json
  }
  expect('{')
  while (text[at] !== '}') {
    const start = at
    if (text[at] !== '"') throw new SyntaxError(`a name expected at ${at}`)
    at = endOfString(text, at) + 1
    const key = JSON.parse(text.slice(start, at)) as string
    at = skipSpace(text, at)
    expect(':')
    if (text[at] === '[') {
      const list: Json[] = []
      expect('[')
      while (text[at] !== ']') {
        list.push(value(2))
        yield
        if (text[at] === ']') break
        expect(',')
        if (text[at] === ']') throw new SyntaxError(`a value expected at ${at}`)
      }
      expect(']')
      setOwn(result, key, list)
    } else setOwn(result, key, value(1))
    if (text[at] === '}') break
    expect(',')
    if (text[at] !== '"') throw new SyntaxError(`a name expected at ${at}`)
  }
  expect('}')
  if (at < text.length) throw new SyntaxError(`nothing more expected at ${at}`)
  return result
}

/** Index behind a value; whether it is one is for the parser to find out. */
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
