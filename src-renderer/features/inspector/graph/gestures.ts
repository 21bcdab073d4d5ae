export interface Gestures {
  pan(dx: number, dy: number): void
  zoom(factor: number, y: number): void
  /** Undefined: the pointer is gone. */
  hover(x: number | undefined, y: number): void
  /** Pressed and let go without having moved. */
  press(x: number, y: number): void
  /** In place of `pan`, with where the pointer is. */
  drag?(x: number, y: number): void
}

/** A hand that trembles still presses. */
const STILL_PX = 4
const LINE_PX = 32

/** Wheel, drag and pinch on an element; answers how to stop listening. */
export function watchGestures(element: HTMLElement, gestures: Gestures): () => void {
  const pointers = new Map<number, { x: number; y: number }>()
  let moved = 0
  let pinched = false

  const place = (event: PointerEvent | WheelEvent): { x: number; y: number } => {
    const box = element.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }

  function onWheel(event: WheelEvent): void {
    event.preventDefault()
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1
    // A pinch on a touchpad comes as a wheel with Ctrl.
    if (event.ctrlKey || event.metaKey)
      gestures.zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY * unit)) / 180), place(event).y)
    else if (event.shiftKey) gestures.pan(event.deltaY * unit, 0)
    else gestures.pan(event.deltaX * unit, event.deltaY * unit)
  }

  function onDown(event: PointerEvent): void {
    if (event.button !== 0) return
    element.setPointerCapture(event.pointerId)
    pointers.set(event.pointerId, place(event))
    if (pointers.size === 1) {
      moved = 0
      pinched = false
    } else pinched = true
  }

  function onMove(event: PointerEvent): void {
    const to = place(event)
    const from = pointers.get(event.pointerId)
    if (from === undefined) {
      gestures.hover(to.x, to.y)
      return
    }
    const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at)
    pointers.set(event.pointerId, to)
    if (other !== undefined) {
      const [before, now] = [distance(from, other), distance(to, other)]
      if (before > 0) gestures.zoom(now / before, (to.y + other.y) / 2)
      return
    }
    moved += distance(from, to)
    if (moved < STILL_PX) return
    if (gestures.drag === undefined) gestures.pan(from.x - to.x, from.y - to.y)
    else gestures.drag(to.x, to.y)
  }

  function onUp(event: PointerEvent): void {
    const was = pointers.delete(event.pointerId)
    if (!was || event.type !== 'pointerup' || pinched || moved >= STILL_PX) return
    const { x, y } = place(event)
    gestures.press(x, y)
  }

  const onLeave = (): void => gestures.hover(undefined, 0)

  element.addEventListener('wheel', onWheel, { passive: false })
  element.addEventListener('pointerdown', onDown)
  element.addEventListener('pointermove', onMove)
  element.addEventListener('pointerup', onUp)
  element.addEventListener('pointercancel', onUp)
  element.addEventListener('pointerleave', onLeave)
  return () => {
    element.removeEventListener('wheel', onWheel)
    element.removeEventListener('pointerdown', onDown)
    element.removeEventListener('pointermove', onMove)
    element.removeEventListener('pointerup', onUp)
    element.removeEventListener('pointercancel', onUp)
    element.removeEventListener('pointerleave', onLeave)
  }
}

const distance = (a: { x: number; y: number }, b: { x: number; y: number }): number =>
  Math.hypot(a.x - b.x, a.y - b.y)
