import { describe, expect, test } from 'vitest'
import { captionOf, howToShow, parseFile, type Shown } from './files.ts'
import { event } from './testing.ts'
import { isPdfBytes, isPictureBytes, textOfBytes } from './file-types.ts'
import { viewable } from './files.ts'

const url = 'mxc://example.org/abc'
const file = (change: Record<string, unknown>) => parseFile({ msgtype: 'm.file', body: 'a', url, ...change })
const shown = (msgtype: string, mimetype: string | undefined, body: string): Shown | undefined => {
  const parsed = parseFile({ msgtype, body, url, info: { mimetype } })
  return parsed === undefined ? undefined : howToShow(parsed)
}

describe('what may be shown in the page', () => {
  test.each([
    ['m.image', 'image/png', 'a.png', 'picture'],
    ['m.image', undefined, 'photo', 'picture'],
    ['m.image', 'image/svg+xml', 'a.svg', 'card'],
    ['m.image', 'image/png', 'a.svg', 'card'],
    ['m.image', 'image/x-unheard-of', 'a', 'card'],
    ['m.video', 'video/mp4', 'a.mp4', 'video'],
    ['m.video', 'text/html', 'a.mp4', 'card'],
    ['m.audio', 'audio/ogg', 'a.ogg', 'audio'],
    ['m.file', 'application/pdf', 'a.pdf', 'pdf'],
    ['m.file', 'application/octet-stream', 'a.pdf', 'pdf'],
    ['m.file', 'text/plain', 'a.txt', 'text'],
    ['m.file', 'text/csv', 'a.csv', 'text'],
    ['m.file', undefined, 'main.rs', 'text'],
    ['m.file', 'application/json', 'a.json', 'text'],
    ['m.file', 'text/html', 'a.txt', 'card'],
    ['m.file', 'text/plain', 'a.html', 'card'],
    ['m.file', 'text/plain', 'a.js', 'card'],
    ['m.file', 'text/plain', 'a.SVG', 'card'],
    ['m.file', 'application/xhtml+xml', 'a.pdf', 'card'],
    ['m.file', 'application/pdf', 'a.exe', 'card'],
    ['m.file', undefined, 'a.unheard', 'card'],
  ])('%s of type %s called %s is a %s', (msgtype, type, name, expected) => {
    expect(shown(msgtype, type, name)).toBe(expected)
  })

  test('a file that is encrypted is said to be so, and nothing of it is fetched', () => {
    const parsed = parseFile({ msgtype: 'm.image', body: 'a.png', file: { url } })
    expect(parsed?.mxc).toBeUndefined()
    expect(parsed && howToShow(parsed)).toBe('encrypted')
  })

  test('the lightbox shows pictures, videos and PDFs that are there', () => {
    const of = (content: Record<string, unknown>) => viewable(event('Ann', 1, { content })) !== undefined
    expect(of({ msgtype: 'm.image', body: 'a.png', url })).toBe(true)
    expect(of({ msgtype: 'm.file', body: 'a.pdf', url })).toBe(true)
    expect(of({ msgtype: 'm.file', body: 'a.zip', url })).toBe(false)
    expect(of({ msgtype: 'm.image', body: 'a.png' })).toBe(false)
    expect(of({ msgtype: 'm.text', body: 'a.png' })).toBe(false)
  })
})

describe('what a message says of its file', () => {
  test('voice messages carry their waveform within bounds', () => {
    const voice = parseFile({
      msgtype: 'm.audio',
      body: 'Voice message.ogg',
      url,
      'org.matrix.msc3245.voice': {},
      'org.matrix.msc1767.audio': { duration: 2_500, waveform: [0, 512, 9_999, -4, 'x', Number.NaN] },
    })
    expect(voice).toMatchObject({ kind: 'voice', durationMs: 2_500, waveform: [0, 512, 1_024, 0, 0, 0] })
  })

  test('nonsense in the details is as if nothing were said', () => {
    expect(
      file({ info: { w: -1, h: 'x', size: Number.NaN, mimetype: 7, thumbnail_url: 'https://x/' } }),
    ).toMatchObject({
      width: undefined,
      height: undefined,
      size: undefined,
      type: '',
      thumbnailMxc: undefined,
    })
    expect(file({ info: null })?.size).toBeUndefined()
    expect(file({ url: 'https://evil.example/a' })?.mxc).toBeUndefined()
    expect(parseFile({ msgtype: 'm.text', body: 'a' })).toBeUndefined()
  })

  test('a name cannot hide what it ends with', () => {
    expect(file({ body: 'invoice\u202Efdp.exe' })?.name).toBe('invoice fdp.exe')
    expect(file({ body: '../../etc/passwd' })?.name).toBe('.. .. etc passwd')
    expect(file({ body: '\u0000' })?.name).toBe('File without a name')
  })

  test('the body is a caption only beside a name of its own', () => {
    expect(captionOf({ body: 'a.png' })).toBeUndefined()
    expect(captionOf({ body: 'a.png', filename: 'a.png' })).toBeUndefined()
    expect(captionOf({ body: 'At dusk', filename: 'a.png' })).toBe('At dusk')
    expect(file({ body: 'At dusk', filename: 'a.zip' })?.name).toBe('a.zip')
  })
})

describe('the first bytes', () => {
  const bytes = (text: string) => new TextEncoder().encode(text)

  test('tell pictures from what only claims to be one', () => {
    expect(isPictureBytes(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d))).toBe(true)
    expect(isPictureBytes(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))).toBe(true)
    expect(isPictureBytes(bytes('GIF89a'))).toBe(true)
    expect(isPictureBytes(bytes('RIFF0000WEBPVP8 '))).toBe(true)
    expect(isPictureBytes(bytes('<svg xmlns="http://www.w3.org/2000/svg">'))).toBe(false)
    expect(isPictureBytes(bytes('<!doctype html>'))).toBe(false)
    expect(isPictureBytes(new Uint8Array())).toBe(false)
  })

  test('tell PDFs and text', () => {
    expect(isPdfBytes(bytes('junk\n%PDF-1.7'))).toBe(true)
    expect(isPdfBytes(bytes('<html>'))).toBe(false)
    expect(textOfBytes(bytes('grüße'))).toBe('grüße')
    expect(textOfBytes(Uint8Array.of(0x67, 0x72, 0xfc, 0xdf, 0x65))).toBe('grüße')
    expect(textOfBytes(Uint8Array.of(1, 0, 2))).toBeUndefined()
  })
})
