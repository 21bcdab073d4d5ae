import { laneWidth, xOf, yOf } from './camera.ts'
import { MARK } from './marks.ts'
import { colourOf, opacityOf, type View } from './scene.ts'

/** Size of an event's shape: half its width. */
export const radiusOf = (rowHeight: number): number => Math.min(6.5, Math.max(1.2, rowHeight * 0.23))

/** The shapes of the events in the rows from `first` to `last`. */
export function drawEvents(context: CanvasRenderingContext2D, view: View, first: number, last: number): void {
  const { camera, layout, model, marks, auth, selected } = view
  const radius = radiusOf(camera.rowHeight)
  const named = new Set(auth)
  for (let row = first; row <= last; row++) {
    const index = layout.order[row] ?? 0
    const event = model.events[index]
    const mark = marks[index] ?? 0
    if (event === undefined || (mark & MARK.absent) !== 0) continue
    const x = xOf(camera, layout.lane[index] ?? 0)
    const y = yOf(camera, row)
    context.globalAlpha = opacityOf(view, index)
    if ((mark & (MARK.gap | MARK.older)) !== 0) drawStub(context, view, x, y, (mark & MARK.gap) !== 0)
    drawShape(context, {
      x,
      y,
      radius,
      kind: event.status === 'accepted' ? (event.stateKey === undefined ? 'message' : 'state') : event.status,
      colour: colourOf(view, index),
      ...view.colours,
    })
    if (radius >= 4 && event.status === 'accepted') drawTurn(context, view.colours.background, x, y, mark)
    if ((mark & MARK.extremity) !== 0) ring(context, x, y, radius + 3.5, view.colours.accent, 2)
    if (index === selected) ring(context, x, y, radius + 6.5, view.colours.text, 1.5)
    else if (named.has(index)) ring(context, x, y, radius + 3.5, view.colours.accent, 1)
  }
  context.globalAlpha = 1
}

export interface Shape {
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly kind: 'message' | 'state' | 'soft-failed' | 'rejected' | 'outlier'
  readonly colour: string
  readonly background: string
  readonly danger: string
  readonly warn: string
}

/** Every kind has a form of its own, so that nothing depends on telling colours apart. */
export function drawShape(context: CanvasRenderingContext2D, shape: Shape): void {
  const { x, y, radius: r, kind, colour, background, danger, warn } = shape
  context.beginPath()
  if (kind === 'message') context.arc(x, y, r, 0, 2 * Math.PI)
  else if (kind === 'state') {
    const side = r * 0.92
    if (r < 3) context.rect(x - side, y - side, 2 * side, 2 * side)
    else context.roundRect(x - side, y - side, 2 * side, 2 * side, 2)
  } else if (kind === 'rejected') {
    const arm = r * 0.95
    context.arc(x, y, r + 1, 0, 2 * Math.PI)
    context.fillStyle = background
    context.fill()
    context.beginPath()
    context.moveTo(x - arm, y - arm)
    context.lineTo(x + arm, y + arm)
    context.moveTo(x + arm, y - arm)
    context.lineTo(x - arm, y + arm)
    context.strokeStyle = danger
    context.lineWidth = Math.max(1.5, r * 0.42)
    context.lineCap = 'round'
    context.stroke()
    context.lineCap = 'butt'
    return
  } else if (kind === 'soft-failed') {
    polygon(context, [x, y - r * 1.15], [x + r * 1.15, y + r * 0.9], [x - r * 1.15, y + r * 0.9])
  } else {
    polygon(context, [x, y - r * 1.15], [x + r * 1.15, y], [x, y + r * 1.15], [x - r * 1.15, y])
  }
  const hollow = kind === 'soft-failed' || kind === 'outlier'
  context.fillStyle = hollow ? background : colour
  context.fill()
  if (!hollow) return
  context.strokeStyle = kind === 'soft-failed' ? warn : colour
  context.lineWidth = Math.max(1, Math.min(2, r * 0.32))
  context.lineJoin = 'round'
  context.stroke()
  context.lineJoin = 'miter'
}

/** A fork opens upward, where newer events are; a merge downward; what is both has both. */
export function drawTurn(
  context: CanvasRenderingContext2D,
  colour: string,
  x: number,
  y: number,
  mark: number,
): void {
  const both = (mark & MARK.fork) !== 0 && (mark & MARK.merge) !== 0
  const size = 2.4
  context.strokeStyle = colour
  context.lineWidth = 1.4
  context.beginPath()
  for (const [bit, way] of [
    [MARK.fork, -1],
    [MARK.merge, 1],
  ] as const) {
    if ((mark & bit) === 0) continue
    const middle = both ? y + way * 1.7 : y
    context.moveTo(x - size, middle + (way * size) / 2)
    context.lineTo(x, middle - (way * size) / 2)
    context.lineTo(x + size, middle + (way * size) / 2)
  }
  context.stroke()
}

/** Where the way down ends: at something that is not here, or that was not loaded. */
function drawStub(
  context: CanvasRenderingContext2D,
  { camera, colours }: View,
  x: number,
  y: number,
  isGap: boolean,
): void {
  const reach = camera.rowHeight * 0.46
  const toX = x + Math.min(laneWidth(camera) * 0.5, reach)
  context.strokeStyle = isGap ? colours.warn : colours.lineStrong
  context.lineWidth = 1.5
  context.setLineDash([2, 2])
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(toX, y + reach)
  context.stroke()
  context.setLineDash([])
  if (isGap && camera.rowHeight >= 10) {
    context.beginPath()
    context.arc(toX, y + reach, 2.6, 0, 2 * Math.PI)
    context.fillStyle = colours.background
    context.fill()
    context.stroke()
  }
}

function ring(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  colour: string,
  width: number,
): void {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.strokeStyle = colour
  context.lineWidth = width
  context.stroke()
}

function polygon(context: CanvasRenderingContext2D, ...points: readonly (readonly [number, number])[]): void {
  for (const [index, [x, y]] of points.entries()) {
    if (index === 0) context.moveTo(x, y)
    else context.lineTo(x, y)
  }
  context.closePath()
}
