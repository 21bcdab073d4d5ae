/** Bytes in which a page must say its encoding (HTML, "Determining the character encoding"). */
const SNIFFED = 1024

/** The text of a page: by its byte order mark, the header, what the page says of itself, else UTF-8. */
export function pageText(bytes: Buffer, contentType: string): string {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb ? 'utf-8' : markOfUtf16(bytes)
  const told = /charset\s*=\s*["']?([\w.:-]+)/i
  const label =
    marked ??
    told.exec(contentType)?.[1] ??
    told.exec(bytes.subarray(0, SNIFFED).toString('latin1'))?.[1] ??
    'utf-8'
  return decoderOf(label).decode(bytes)
}

function markOfUtf16(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined
}

function decoderOf(label: string): TextDecoder {
  try {
    return new TextDecoder(label)
  } catch {
    // No encoding of that name.
    return new TextDecoder('utf-8')
  }
}
