import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** No event is nearly as long, bodies of captures may be; a file that is no export may have no line ends at all. */
const LONGEST_LINE = 16 * 1024 * 1024

export class LineTooLongError extends Error {
  readonly number: number
  constructor(number: number) {
    super(`Line ${number} is longer than any line of an export.`)
    this.number = number
  }
}

export interface ReadLine {
  /** From 1. */
  readonly number: number
  readonly text: string
  /** Of all lines before this one, with their line ends. */
  readonly before: Hash
}

/** The lines of a file, one at a time, and the hash of what stands before each. */
export async function* readLines(path: string): AsyncGenerator<ReadLine> {
  const hash = createHash('sha256')
  let begun: Buffer[] = []
  let length = 0
  let number = 0
  const take = (): ReadLine => {
    const line = Buffer.concat(begun)
    const before = hash.copy()
    hash.update(line)
    begun = []
    length = 0
    const end = line.at(-1) === 10 ? line.length - 1 : line.length
    return { number: ++number, text: line.subarray(0, end).toString('utf8'), before }
  }
  for await (const piece of createReadStream(path)) {
    let rest = piece as Buffer
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      begun.push(rest.subarray(0, at + 1))
      rest = rest.subarray(at + 1)
      yield take()
    }
    begun.push(rest)
    length += rest.length
    if (length > LONGEST_LINE) throw new LineTooLongError(number + 1)
  }
  if (length > 0) yield take()
}
