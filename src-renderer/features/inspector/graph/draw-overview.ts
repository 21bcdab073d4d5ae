import type { Colours } from './colours.ts'
import { isRefused, MARK } from './marks.ts'
import type { Scene } from './scene.ts'

/** The whole graph in a narrow strip: how wide it is, and where its ends, gaps and refused events are. */
export function drawOverview(
  context: CanvasRenderingContext2D,
  scene: Scene,
  colours: Colours,
  width: number,
  height: number,
): void {
  context.fillStyle = colours.background
  context.fillRect(0, 0, width, height)
  const { layout, model, marks } = scene
  const rows = layout.order.length
  if (rows === 0) return
  const lines = Math.max(1, Math.floor(Math.min(height, rows)))
  const widest = new Int32Array(lines)
  const tone = new Uint8Array(lines)
  for (let row = 0; row < rows; row++) {
    const index = layout.order[row] ?? 0
    const event = model.events[index]
    const mark = marks[index] ?? 0
    if (event === undefined || (mark & MARK.absent) !== 0 || scene.dimmed?.[index] === 1) continue
    const line = Math.floor((row * lines) / rows)
    widest[line] = Math.max(widest[line] ?? 0, (layout.lane[index] ?? 0) + 1)
    const problem = isRefused(event) ? 3 : (mark & MARK.gap) !== 0 ? 2 : (mark & MARK.extremity) !== 0 ? 1 : 0
    tone[line] = Math.max(tone[line] ?? 0, problem)
  }
  const most = Math.max(4, layout.lanes)
  const thickness = Math.max(1, height / lines)
  for (let line = 0; line < lines; line++) {
    const share = (widest[line] ?? 0) / most
    if (share === 0) continue
    const y = (line * height) / lines
    context.fillStyle = colours.lineStrong
    context.fillRect(2, y, Math.max(2, share * (width - 4)), thickness)
    const colour = [undefined, colours.accent, colours.warn, colours.danger][tone[line] ?? 0]
    if (colour === undefined) continue
    context.fillStyle = colour
    context.fillRect(0, y + thickness / 2 - 1, width, 2)
  }
}
