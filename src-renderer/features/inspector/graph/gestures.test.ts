// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchGestures } from './gestures.ts'

let element: HTMLElement
let seen: string[]
let stop: () => void

beforeEach(() => {
  element = document.createElement('div')
  element.setPointerCapture = () => undefined
  document.body.append(element)
  seen = []
  stop = watchGestures(element, {
    pan: (dx, dy) => seen.push(`pan ${dx} ${dy}`),
    zoom: (factor, y) => seen.push(`zoom ${factor > 1 ? 'in' : 'out'} at ${y}`),
    hover: (x) => seen.push(`hover ${x}`),
    press: (x, y) => seen.push(`press ${x} ${y}`),
  })
})
afterEach(() => {
  stop()
  element.remove()
})

const pointer = (type: string, x: number, y: number, pointerId = 1): boolean =>
  element.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: y, pointerId, button: 0 }))
/** The simulated browser leaves out where the pointer is and which keys are held. */
function wheel({ deltaX = 0, deltaY = 0, ...held }: WheelEventInit): boolean {
  const event = new WheelEvent('wheel', { cancelable: true, deltaX, deltaY })
  for (const [name, value] of Object.entries(held)) Object.defineProperty(event, name, { value })
  return element.dispatchEvent(event)
}

test('the wheel pans, with Shift sideways, with Ctrl it zooms, and the page behind does not scroll', () => {
  expect(wheel({ deltaX: 3, deltaY: 10 })).toBe(false)
  wheel({ deltaY: 10, shiftKey: true })
  wheel({ deltaY: -10, ctrlKey: true, clientY: 40 })
  expect(seen).toEqual(['pan 3 10', 'pan 10 0', 'zoom in at 40'])
})

test('a drag pans, a press selects, also with a hand that trembles', () => {
  pointer('pointermove', 5, 5)
  pointer('pointerdown', 10, 10)
  pointer('pointermove', 11, 11)
  pointer('pointerup', 11, 11)
  pointer('pointerdown', 10, 10)
  pointer('pointermove', 10, 30)
  pointer('pointerup', 10, 30)
  expect(seen).toEqual(['hover 5', 'press 11 11', 'pan 0 -20'])
})

test('two fingers zoom about their middle, and press nothing', () => {
  pointer('pointerdown', 0, 100, 1)
  pointer('pointerdown', 0, 200, 2)
  pointer('pointermove', 0, 300, 2)
  pointer('pointerup', 0, 300, 2)
  pointer('pointerup', 0, 100, 1)
  expect(seen).toEqual(['zoom in at 200'])
})
