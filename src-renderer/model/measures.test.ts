import { expect, test } from 'vitest'
import { fitInto, formatBytes, formatDuration, formatRemaining } from './measures.ts'
import { moved, namePasted, stage } from './staging.ts'
import { parseTable, prettyJson } from './text-preview.ts'
import { describeProgress, speedOf, withSample, type Sample } from './transfer.ts'
import { resample, toWaveform } from './waveform.ts'
import { FITTED, zoomAt } from './zoom.ts'

test('sizes, lengths and times to wait are told in words', () => {
  expect([0, 1, 999, 1_000, 4_230_000, 999_950, 2_147_483_648].map(formatBytes)).toEqual([
    '0 bytes',
    '1 byte',
    '999 bytes',
    '1 KB',
    '4.2 MB',
    '1 MB',
    '2.1 GB',
  ])
  expect([0, 7.4, 59.6, 3_723, Number.NaN].map(formatDuration)).toEqual([
    '0:00',
    '0:07',
    '1:00',
    '1:02:03',
    '0:00',
  ])
  expect([3, 42, 80, 3_000, 9_000].map(formatRemaining)).toEqual([
    'a few seconds left',
    'about 50 seconds left',
    'about a minute left',
    'about 50 minutes left',
    'about 3 hours left',
  ])
})

test('a picture keeps its shape within its place, and is never a hair', () => {
  const bounds = { width: 400, height: 300 }
  expect(fitInto({ width: 800, height: 400 }, bounds)).toEqual({ width: 400, height: 200 })
  expect(fitInto({ width: 100, height: 80 }, bounds)).toEqual({ width: 100, height: 80 })
  expect(fitInto({ width: 100_000, height: 1 }, bounds)).toEqual({ width: 400, height: 48 })
})

test('a waveform has at most 100 values from 0 to 1024, and a soft voice is seen', () => {
  const soft = Array.from({ length: 1_234 }, (_, index) => (index % 10) / 100)
  const waveform = toWaveform(soft)
  expect(waveform).toHaveLength(100)
  expect(Math.max(...waveform)).toBe(1_024)
  expect(waveform.every((value) => Number.isInteger(value) && value >= 0)).toBe(true)
  expect(toWaveform([0, 0.001])).toEqual([0, 0])
  expect(resample([1, 5, 2, 8], 2)).toEqual([5, 8])
  expect(resample([], 3)).toEqual([0, 0, 0])
})

test('the speed is that of the last seconds, and begins anew with the upload', () => {
  let samples: readonly Sample[] = []
  for (let second = 0; second <= 20; second += 1) {
    samples = withSample(samples, { ts: second * 1_000, bytes: second < 10 ? 0 : (second - 10) * 5_000_000 })
  }
  expect(speedOf(samples)).toBe(5_000_000)
  expect(describeProgress(50_000_000, 2_000_000_000, 5_000_000)).toBe(
    '50 MB of 2 GB · 5 MB/s · about 7 minutes left',
  )
  expect(speedOf(withSample(samples, { ts: 21_000, bytes: 10 }))).toBeUndefined()
})

const named = (name: string, size = 3) => new File(['x'.repeat(size)], name)

test('a file that is too large is left out, in words, before anything is sent', () => {
  const { files, problems } = stage([named('a')], [named('b', 2_000), named('c')], 1_000)
  expect(files.map((file) => file.name)).toEqual(['a', 'c'])
  expect(problems).toEqual(['b is 2 KB; this Hearth takes files of up to 1 KB.'])
  expect(stage([], [named('b', 2_000)], undefined).problems).toEqual([])
})

test('fifty files go with one message, and their order can be changed', () => {
  const many = Array.from({ length: 60 }, (_, index) => named(`f${index}`))
  const { files, problems } = stage([], many, undefined)
  expect(files).toHaveLength(50)
  expect(problems).toHaveLength(1)
  const three = [named('a'), named('b'), named('c')]
  expect(moved(three, 2, -1).map((file) => file.name)).toEqual(['a', 'c', 'b'])
  expect(moved(three, 0, -1)).toBe(three)
})

test('a picture from the clipboard is named by its time', () => {
  const pasted = namePasted(
    new File(['x'], 'image.png', { type: 'image/png' }),
    new Date(2026, 2, 4, 5, 6, 7),
  )
  expect([pasted.name, pasted.type]).toEqual(['Picture 2026-03-04 05.06.07.png', 'image/png'])
  expect(namePasted(named('mine.png'), new Date()).name).toBe('mine.png')
})

test('tables are read with quotes and whichever separator they use', () => {
  expect(parseTable('a;b\r\n1;"x; ""y"""\n\n2;\n')).toEqual([
    ['a', 'b'],
    ['1', 'x; "y"'],
    ['2', ''],
  ])
  expect(parseTable('n\n'.repeat(10_000))).toHaveLength(200)
  expect(prettyJson('{"a":1}')).toBe('{\n  "a": 1\n}')
  expect(prettyJson('{"a":')).toBe('{"a":')
})

test('zooming keeps what is under the pointer, and ends where it began', () => {
  const closer = zoomAt(FITTED, 2, { x: 100, y: -40 })
  expect(closer).toEqual({ scale: 2, x: -100, y: 40 })
  expect(zoomAt(closer, 0.4, { x: 0, y: 0 })).toEqual(FITTED)
})
