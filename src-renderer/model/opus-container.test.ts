import { expect, test } from 'vitest'
import { checksum, webmToOgg } from './opus-container.ts'

const ascii = (text: string) => [...new TextEncoder().encode(text)]
const UNKNOWN = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
const element = (id: number[], content: number[]) => [
  ...id,
  0x40 | (content.length >> 8),
  content.length & 0xff,
  ...content,
]
const HEAD = [...ascii('OpusHead'), 1, 1, 0x38, 0x01, 0x80, 0xbb, 0, 0, 0, 0, 0]
/** Stereo or mono does not matter: 20 ms, one frame. */
const packet = (index: number, length = 40) => [0x78, ...Array.from({ length }, () => index & 0xff)]
const block = (index: number, length?: number) =>
  element([0xa3], [0x81, 0, 0, 0x80, ...packet(index, length)])

/** As Chromium records it: segment and clusters of unknown size, no cues, no duration. */
function recorded(packets: number, length?: number): Uint8Array {
  const blocks = Array.from({ length: packets }, (_, index) => index)
  return Uint8Array.from([
    ...element([0x1a, 0x45, 0xdf, 0xa3], element([0x42, 0x82], ascii('webm'))),
    ...[0x18, 0x53, 0x80, 0x67, ...UNKNOWN],
    ...element([0x15, 0x49, 0xa9, 0x66], element([0x4d, 0x80], ascii('Chrome'))),
    ...element([0x16, 0x54, 0xae, 0x6b], element([0xae], element([0x63, 0xa2], HEAD))),
    ...[0x1f, 0x43, 0xb6, 0x75, ...UNKNOWN],
    ...element([0xe7], [0]),
    ...blocks.flatMap((index) => block(index, length)),
  ])
}

interface Page {
  flags: number
  position: number
  sequence: number
  packets: number[][]
}

function readOgg(bytes: Uint8Array): Page[] {
  const pages: Page[] = []
  for (let at = 0; at < bytes.length;) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at)
    expect(new TextDecoder().decode(bytes.subarray(at, at + 4))).toBe('OggS')
    const segments = view.getUint8(26)
    const lacing = [...bytes.subarray(at + 27, at + 27 + segments)]
    const length = 27 + segments + lacing.reduce((sum, each) => sum + each, 0)
    const copy = bytes.slice(at, at + length)
    copy.fill(0, 22, 26)
    expect(checksum(copy)).toBe(view.getUint32(22, true))
    const packets: number[][] = [[]]
    let from = at + 27 + segments
    for (const each of lacing) {
      packets.at(-1)?.push(...bytes.subarray(from, from + each))
      from += each
      if (each < 255) packets.push([])
    }
    pages.push({
      flags: view.getUint8(5),
      position: Number(view.getBigInt64(6, true)),
      sequence: view.getUint32(18, true),
      packets: packets.slice(0, -1),
    })
    at += length
  }
  return pages
}

test('a recording keeps every packet, and gains a length and an end', () => {
  const ogg = webmToOgg(recorded(120), 7)
  expect(ogg?.durationMs).toBe(Math.round(120 * 20 - 0x138 / 48))
  const pages = readOgg(ogg?.bytes ?? new Uint8Array())
  expect(pages.map((page) => page.sequence)).toEqual(pages.map((_, index) => index))
  expect(pages.map((page) => page.flags)).toEqual([2, 0, 0, 0, 4])
  expect(pages[0]?.packets).toEqual([HEAD])
  expect(pages[1]?.packets[0]?.slice(0, 8)).toEqual(ascii('OpusTags'))
  expect(pages.slice(2).flatMap((page) => page.packets)).toEqual(
    Array.from({ length: 120 }, (_, index) => packet(index)),
  )
  expect(pages.at(-1)?.position).toBe(120 * 960)
})

test('large packets are laced, also those whose length is a multiple of 255', () => {
  const pages = readOgg(webmToOgg(recorded(60, 1_019), 7)?.bytes ?? new Uint8Array())
  expect(pages.slice(2).flatMap((page) => page.packets)).toEqual(
    Array.from({ length: 60 }, (_, index) => packet(index, 1_019)),
  )
})

test('what is cut off, empty or no recording does no harm', () => {
  const whole = recorded(10)
  for (let length = 0; length < whole.length; length += 7) webmToOgg(whole.subarray(0, length), 7)
  expect(webmToOgg(new Uint8Array(), 7)).toBeUndefined()
  expect(webmToOgg(Uint8Array.from(ascii('<svg/>')), 7)).toBeUndefined()
})

test('the checksum is that of Ogg', () => {
  // The polynomial 0x04c11db7, no reflection, begun with zero.
  expect(checksum(Uint8Array.from(ascii('123456789')))).toBe(0x89a1897f)
})
