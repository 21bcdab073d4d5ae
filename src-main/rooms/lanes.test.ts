import { expect, test } from 'vitest'
import type { RoomId } from '../core/types.ts'
import { Lanes } from './lanes.ts'

const a = '!a' as RoomId
const b = '!b' as RoomId

test('one room in order, rooms side by side, a failure stops nobody', async () => {
  const lanes = new Lanes()
  const seen: string[] = []
  let open = (): void => undefined
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const first = lanes.run(a, async () => {
    await gate
    seen.push('a1')
    throw new Error('no')
  })
  const second = lanes.run(a, async () => {
    seen.push('a2')
  })
  await lanes.run(b, async () => {
    seen.push('b')
  })
  expect(lanes.busy).toBe(true)
  open()
  await expect(first).rejects.toThrow('no')
  await second
  await lanes.idle()
  expect(seen).toEqual(['b', 'a1', 'a2'])
  expect(lanes.busy).toBe(false)
})
