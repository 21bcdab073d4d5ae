/**
 * Browsers that record Opus into WebM write no length and no index, so that nobody can seek in it, and other
 * clients expect voice messages in Ogg (MSC3245). The packets are the same: this puts them from the one
 * container into the other (RFC 9559 to RFC 3533 and RFC 7845). No sound is decoded.
 */

const SEGMENT = 0x18538067
const CLUSTER = 0x1f43b675
const TRACKS = 0x1654ae6b
const TRACK_ENTRY = 0xae
const BLOCK_GROUP = 0xa0
const CODEC_PRIVATE = 0x63a2
const SIMPLE_BLOCK = 0xa3
const BLOCK = 0xa1

/** Their content is elements again. */
const MASTERS = new Set([SEGMENT, CLUSTER, TRACKS, TRACK_ENTRY, BLOCK_GROUP])

const RATE = 48_000
/** A page holds about a second. */
const PACKETS_PER_PAGE = 50
const SEGMENTS_PER_PAGE = 255

export interface OggOpus {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly durationMs: number
}

/** Undefined where it is no WebM with one track of Opus that a browser has recorded. */
export function webmToOgg(webm: Uint8Array, serial: number): OggOpus | undefined {
  const { head, packets } = readWebm(webm)
  if (head === undefined || packets.length === 0) return undefined
  const pages = [page(serial, 0, 0n, FIRST, [head]), page(serial, 1, 0n, 0, [tags()])]
  let samples = 0
  let waiting: Uint8Array[] = []
  let segments = 0
  const flush = (flags: number): void => {
    pages.push(page(serial, pages.length, BigInt(samples), flags, waiting))
    waiting = []
    segments = 0
  }
  for (const packet of packets) {
    const needed = Math.floor(packet.length / 255) + 1
    if (needed > SEGMENTS_PER_PAGE) return undefined
    if (waiting.length === PACKETS_PER_PAGE || segments + needed > SEGMENTS_PER_PAGE) flush(0)
    waiting.push(packet)
    segments += needed
    samples += samplesOf(packet)
  }
  flush(LAST)
  const preSkip = (head[10] ?? 0) | ((head[11] ?? 0) << 8)
  return { bytes: join(pages), durationMs: Math.max(0, Math.round(((samples - preSkip) / RATE) * 1_000)) }
}

function readWebm(webm: Uint8Array): { head: Uint8Array | undefined; packets: Uint8Array[] } {
  const packets: Uint8Array[] = []
  let head: Uint8Array | undefined
  let at = 0
  while (at < webm.length) {
    const id = numberAt(webm, at, true)
    const size = id === undefined ? undefined : numberAt(webm, at + id.length, false)
    if (id === undefined || size === undefined) break
    const start = at + id.length + size.length
    if (MASTERS.has(id.value)) {
      at = start
      continue
    }
    const end = start + size.value
    // What was cut off at the end is left out.
    if (end > webm.length) break
    const content = webm.subarray(start, end)
    if (id.value === CODEC_PRIVATE && startsWith(content, 'OpusHead')) head = content
    if (id.value === SIMPLE_BLOCK || id.value === BLOCK) {
      const track = numberAt(content, 0, false)
      // After the track's number: a time of two bytes, and flags, of which two tell of several frames in one.
      const flags = track === undefined ? undefined : content[track.length + 2]
      if (track !== undefined && flags !== undefined && (flags & 0x06) === 0) {
        packets.push(content.subarray(track.length + 3))
      }
    }
    at = end
  }
  return { head, packets: packets.filter((packet) => packet.length > 0) }
}

/** A number of variable length; an element's id keeps the bit that marks the length. */
function numberAt(
  bytes: Uint8Array,
  at: number,
  marker: boolean,
): { value: number; length: number } | undefined {
  const first = bytes[at]
  if (first === undefined || first === 0) return undefined
  const length = Math.clz32(first) - 23
  if (at + length > bytes.length) return undefined
  let value = marker ? first : first & (0xff >> length)
  for (let index = 1; index < length; index += 1) value = value * 256 + (bytes[at + index] ?? 0)
  return { value, length }
}

/** How much sound a packet holds, in samples at 48 kHz (RFC 6716, section 3.1). */
function samplesOf(packet: Uint8Array): number {
  const toc = packet[0] ?? 0
  const config = toc >> 3
  const ms =
    config < 12
      ? ([10, 20, 40, 60][config & 3] ?? 20)
      : config < 16
        ? ([10, 20][config & 1] ?? 20)
        : ([2.5, 5, 10, 20][config & 3] ?? 20)
  const code = toc & 3
  const frames = code === 0 ? 1 : code === 3 ? (packet[1] ?? 0) & 0x3f : 2
  return (ms * frames * RATE) / 1_000
}

const FIRST = 2
const LAST = 4

function page(serial: number, sequence: number, position: bigint, flags: number, packets: Uint8Array[]) {
  const lacing = packets.flatMap((packet) => [
    ...Array.from({ length: Math.floor(packet.length / 255) }, () => 255),
    packet.length % 255,
  ])
  const bytes = new Uint8Array(27 + lacing.length + packets.reduce((sum, packet) => sum + packet.length, 0))
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode('OggS'), 0)
  view.setUint8(5, flags)
  view.setBigInt64(6, position, true)
  view.setUint32(14, serial, true)
  view.setUint32(18, sequence, true)
  view.setUint8(26, lacing.length)
  bytes.set(lacing, 27)
  let at = 27 + lacing.length
  for (const packet of packets) {
    bytes.set(packet, at)
    at += packet.length
  }
  view.setUint32(22, checksum(bytes), true)
  return bytes
}

function tags(): Uint8Array {
  const vendor = new TextEncoder().encode('Hearth')
  const bytes = new Uint8Array(8 + 4 + vendor.length + 4)
  bytes.set(new TextEncoder().encode('OpusTags'), 0)
  new DataView(bytes.buffer).setUint32(8, vendor.length, true)
  bytes.set(vendor, 12)
  return bytes
}

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24
  for (let bit = 0; bit < 8; bit += 1) value = (value << 1) ^ (value & 0x80000000 ? 0x04c11db7 : 0)
  return value
})

/** The CRC of Ogg pages (RFC 3533, section 6), with zero in its own place. */
export function checksum(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = (crc << 8) ^ (TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0)
  return crc >>> 0
}

function join(pages: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pages.reduce((sum, each) => sum + each.length, 0))
  let at = 0
  for (const each of pages) {
    bytes.set(each, at)
    at += each.length
  }
  return bytes
}

function startsWith(bytes: Uint8Array, word: string): boolean {
  return new TextDecoder('latin1').decode(bytes.subarray(0, word.length)) === word
}
