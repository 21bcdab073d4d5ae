/**
 * The first bytes of a file, at most `most`, and whether there are more. Works also where a server ignores
 * Range: what is too much is not read. Rejects with words when the file cannot be had.
 */
export async function readStart(
  url: string,
  most: number,
  signal?: AbortSignal,
): Promise<{ bytes: Uint8Array; more: boolean }> {
  const response = await fetch(url, {
    headers: { range: `bytes=0-${most}` },
    // A piece in the browser's cache would get into the way of the whole, which is asked for next.
    cache: 'no-store',
    ...(signal === undefined ? {} : { signal }),
  })
  // An empty file has no first byte.
  if (response.status === 416) return { bytes: new Uint8Array(), more: false }
  if (!response.ok || response.body === null) throw new Error(await refusal(response))
  const reader = response.body.getReader()
  const bytes = new Uint8Array(most + 1)
  let length = 0
  while (length <= most) {
    const { done, value } = await reader.read()
    if (done) break
    const piece = value.subarray(0, bytes.length - length)
    bytes.set(piece, length)
    length += piece.length
  }
  await reader.cancel()
  return { bytes: bytes.subarray(0, Math.min(length, most)), more: length > most }
}

/** The whole file in pieces, so that its size never stands in memory at once; `onProgress` is told the bytes. */
export async function readWhole(
  url: string,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const response = await fetch(url, { signal })
  if (!response.ok || response.body === null) throw new Error(await refusal(response))
  const parts: Blob[] = []
  let pieces: BlobPart[] = []
  let waiting = 0
  let read = 0
  // Only a Blob leaves the memory of the page for the disk.
  const keep = (): void => {
    parts.push(new Blob(pieces))
    pieces = []
    waiting = 0
  }
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value)
    waiting += value.length
    read += value.length
    if (waiting > 8_000_000) keep()
    onProgress(read)
  }
  keep()
  return new Blob(parts, { type: 'application/octet-stream' })
}

async function refusal(response: Response): Promise<string> {
  await response.body?.cancel()
  if (response.status === 404) return 'The file is not there (any more).'
  if (response.status === 413) return 'The file is larger than this Hearth accepts.'
  return 'The computer that has the file does not answer.'
}
