/**
 * How one Hearth node asks another for the rest of a file whose transfer broke: `Hearth-Range: bytes=N-` (or
 * `bytes=N-M`, both included) with `Hearth-If-Range: "<sha256>"`. A range of the file, not of the multipart
 * body that carries it, hence not HTTP's own header. The part that comes says in `Content-Range` where it is
 * from; other servers know nothing of this and send the whole file.
 */
const RANGE_HEADER = 'hearth-range'
const CONDITION_HEADER = 'hearth-if-range'

export interface MediaRange {
  readonly start: number
  /** Included; undefined is to the end. */
  readonly end?: number | undefined
}

export function mediaRangeHeaders(range: MediaRange, sha256: string): Record<string, string> {
  return { [RANGE_HEADER]: `bytes=${range.start}-${range.end ?? ''}`, [CONDITION_HEADER]: `"${sha256}"` }
}

export function readMediaRange(
  header: (name: string) => string | undefined,
): { range: MediaRange; sha256: string } | undefined {
  const match = /^bytes=([0-9]{1,15})-([0-9]{1,15})?$/.exec(header(RANGE_HEADER) ?? '')
  const sha256 = /^"([0-9a-f]{64})"$/.exec(header(CONDITION_HEADER) ?? '')?.[1]
  if (match === null || sha256 === undefined) return undefined
  const end = match[2] === undefined ? undefined : Number(match[2])
  return { range: { start: Number(match[1]), end }, sha256 }
}
