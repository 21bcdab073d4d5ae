import { useEffect, useRef, useState, type PointerEvent, type RefObject } from 'react'
import { CLOSER, FITTED, panBy, zoomAt, type Point, type View } from '../model/zoom.ts'

const SWIPE_PX = 60

interface Zoom {
  readonly view: View
  readonly zoomBy: (factor: number) => void
  readonly reset: () => void
  readonly moving: boolean
  /** For the stage that the picture lies in. */
  readonly handlers: {
    readonly onPointerDown: (event: PointerEvent) => void
    readonly onPointerMove: (event: PointerEvent) => void
    readonly onPointerUp: (event: PointerEvent) => void
    readonly onPointerCancel: (event: PointerEvent) => void
    readonly onDoubleClick: (event: { clientX: number; clientY: number }) => void
  }
}

/** Wheel, pinch, double click and dragging over a picture; `onSwipe` is -1 or 1 when it is not zoomed. */
export function useZoom(stage: RefObject<HTMLElement | null>, onSwipe: (direction: number) => void): Zoom {
  const [view, setView] = useState(FITTED)
  const pointers = useRef(new Map<number, Point>())
  const began = useRef<Point>(undefined)
  const [moving, setMoving] = useState(false)

  function fromMiddle(point: Point): Point {
    const box = stage.current?.getBoundingClientRect()
    if (box === undefined) return { x: 0, y: 0 }
    return { x: point.x - box.left - box.width / 2, y: point.y - box.top - box.height / 2 }
  }

  // React listens to the wheel passively, and then the browser would zoom the page at a pinch on a touchpad.
  useEffect(() => {
    const element = stage.current
    if (element === null) return
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault()
      const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002))
      const point = fromMiddle({ x: event.clientX, y: event.clientY })
      setView((now) => zoomAt(now, now.scale * factor, point))
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
    // oxlint-disable-next-line react/exhaustive-deps
  }, [])

  function end(event: PointerEvent): void {
    const start = began.current
    pointers.current.delete(event.pointerId)
    if (pointers.current.size > 0) return
    setMoving(false)
    began.current = undefined
    if (start === undefined || view.scale > 1 || event.type === 'pointercancel') return
    const dx = event.clientX - start.x
    if (Math.abs(dx) > SWIPE_PX && Math.abs(dx) > 2 * Math.abs(event.clientY - start.y))
      onSwipe(dx < 0 ? 1 : -1)
  }

  return {
    view,
    moving,
    zoomBy: (factor) => setView((now) => zoomAt(now, now.scale * factor, { x: 0, y: 0 })),
    reset: () => setView(FITTED),
    handlers: {
      onPointerDown(event) {
        const point = { x: event.clientX, y: event.clientY }
        pointers.current.set(event.pointerId, point)
        began.current = pointers.current.size === 1 ? point : undefined
        stage.current?.setPointerCapture(event.pointerId)
        setMoving(true)
      },
      onPointerMove(event) {
        const before = pointers.current.get(event.pointerId)
        if (before === undefined) return
        const point = { x: event.clientX, y: event.clientY }
        const [other] = [...pointers.current].filter(([id]) => id !== event.pointerId)
        pointers.current.set(event.pointerId, point)
        const box = stage.current?.getBoundingClientRect() ?? { width: 0, height: 0 }
        if (other === undefined) {
          setView((now) => (now.scale === 1 ? now : panBy(now, point.x - before.x, point.y - before.y, box)))
          return
        }
        const distance = (a: Point, b: Point): number => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y))
        const factor = distance(point, other[1]) / distance(before, other[1])
        const middle = fromMiddle({ x: (point.x + other[1].x) / 2, y: (point.y + other[1].y) / 2 })
        setView((now) => zoomAt(now, now.scale * factor, middle))
      },
      onPointerUp: end,
      onPointerCancel: end,
      onDoubleClick(event) {
        const point = fromMiddle({ x: event.clientX, y: event.clientY })
        setView((now) => (now.scale > 1 ? FITTED : zoomAt(now, CLOSER, point)))
      },
    },
  }
}
