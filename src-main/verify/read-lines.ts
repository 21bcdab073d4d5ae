import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** No event is as long; a file that is no export may have no line ends at all. */
const LONGEST_LINE = 1024 * 1024

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
  let rest = Buffer.alloc(0)
  let number = 0
  for await (const piece of createReadStream(path)) {
    let bytes = Buffer.concat([rest, piece as Buffer])
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10)) {
      const line = bytes.subarray(0, at + 1)
      yield { number: ++number, text: line.subarray(0, at).toString('utf8'), before: hash.copy() }
      hash.update(line)
      bytes = bytes.subarray(at + 1)
    }
    if (bytes.length > LONGEST_LINE) throw new LineTooLongError(number + 1)
    rest = bytes
  }
  if (rest.length > 0) yield { number: ++number, text: rest.toString('utf8'), before: hash.copy() }
}
