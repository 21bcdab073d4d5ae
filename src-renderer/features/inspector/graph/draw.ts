import { hasLabels, paneWidth, rowAt, yOf } from './camera.ts'
import { drawAuthEdges, drawEdges } from './draw-edges.ts'
import { drawEvents } from './draw-events.ts'
import { drawFarWords, drawWords } from './draw-words.ts'
import type { View } from './scene.ts'

/** One picture: only the rows in sight are looked at. */
export function drawGraph(context: CanvasRenderingContext2D, view: View): void {
  const { camera, extent, colours, layout } = view
  context.fillStyle = colours.background
  context.fillRect(0, 0, extent.width, extent.height)
  const first = Math.max(0, rowAt(camera, 0) - 1)
  const last = Math.min(layout.order.length - 1, rowAt(camera, extent.height) + 1)
  band(context, view, view.hovered, colours.hover)
  band(context, view, view.selected, colours.accentSoft)

  context.save()
  context.beginPath()
  context.rect(0, 0, paneWidth(camera, extent), extent.height)
  context.clip()
  drawEdges(context, view, first, last)
  drawEvents(context, view, first, last)
  drawAuthEdges(context, view)
  context.restore()
  if (hasLabels(camera)) drawWords(context, view, first, last)
  else drawFarWords(context, view, first, last)
}

/** Behind the row of an event. */
function band(
  context: CanvasRenderingContext2D,
  { camera, extent, layout }: View,
  index: number | undefined,
  colour: string,
): void {
  if (index === undefined || !hasLabels(camera)) return
  const row = layout.row[index]
  if (row === undefined) return
  context.fillStyle = colour
  context.beginPath()
  context.roundRect(4, yOf(camera, row) - camera.rowHeight / 2, extent.width - 8, camera.rowHeight, 6)
  context.fill()
}
