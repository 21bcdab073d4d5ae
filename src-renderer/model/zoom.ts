/** How a picture is looked at: 1 fits it into the stage; the shift of its middle is in pixels of the screen. */
export interface View {
  readonly scale: number
  readonly x: number
  readonly y: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

export const FITTED: View = { scale: 1, x: 0, y: 0 }
export const MOST_ZOOM = 8
/** What a double click shows. */
export const CLOSER = 2.5

/** Zooms so that what is under `point` (from the stage's middle) stays there. */
export function zoomAt(view: View, scale: number, point: Point): View {
  const next = Math.min(MOST_ZOOM, Math.max(1, scale))
  if (next === 1) return FITTED
  const ratio = next / view.scale
  return { scale: next, x: point.x - (point.x - view.x) * ratio, y: point.y - (point.y - view.y) * ratio }
}

/** Moves, but never so far that the picture leaves the stage's middle. */
export function panBy(view: View, dx: number, dy: number, fitted: { width: number; height: number }): View {
  const limit = (value: number, side: number): number => {
    const most = (side * view.scale) / 2
    return Math.min(most, Math.max(-most, value))
  }
  return { ...view, x: limit(view.x + dx, fitted.width), y: limit(view.y + dy, fitted.height) }
}
