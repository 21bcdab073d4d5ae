import { paneWidth, xOf, yOf } from './camera.ts'
import { BLOCK } from './layout.ts'
import { isRefused, MARK } from './marks.ts'
import { colourOf, FADED, type View } from './scene.ts'

/** A graph that is made to have more in sight is not drawn whole. */
const MAX_EDGES = 6_000

interface Batch {
  readonly path: Path2D
  readonly colour: string
  readonly dashed: boolean
  readonly opacity: number
}

/** The edges that pass through the rows from `first` to `last`, in as few strokes as there are kinds. */
export function drawEdges(context: CanvasRenderingContext2D, view: View, first: number, last: number): void {
  const { layout, model, marks, camera } = view
  const batches = new Map<string, Batch>()
  const firstBlock = Math.floor(first / BLOCK)
  const lastBlock = Math.min(layout.blockStart.length - 2, Math.floor(last / BLOCK))
  let drawn = 0
  for (let block = firstBlock; block <= lastBlock && drawn < MAX_EDGES; block++) {
    const end = layout.blockStart[block + 1] ?? 0
    for (let slot = layout.blockStart[block] ?? 0; slot < end && drawn < MAX_EDGES; slot++) {
      const edge = layout.blockEdges[slot] ?? 0
      const [child, parent] = [layout.child[edge] ?? 0, layout.parent[edge] ?? 0]
      const [from, to] = [layout.row[child] ?? 0, layout.row[parent] ?? 0]
      // It is listed in each block that it passes through, and drawn with the first one in sight.
      if (Math.max(Math.floor(from / BLOCK), firstBlock) !== block || to < first || from > last) continue
      if ((((marks[child] ?? 0) | (marks[parent] ?? 0)) & MARK.absent) !== 0) continue
      const event = model.events[child]
      const dashed = event !== undefined && (isRefused(event) || event.status === 'outlier')
      const faded = view.dimmed?.[child] === 1 || view.dimmed?.[parent] === 1
      drawn++
      trace(batchOf(batches, colourOf(view, child), dashed, faded), view, child, parent)
    }
  }
  context.lineWidth = Math.min(2, Math.max(1, camera.rowHeight / 14))
  for (const { path, colour, dashed, opacity } of batches.values()) {
    context.strokeStyle = colour
    context.globalAlpha = opacity
    context.setLineDash(dashed ? [3, 3] : [])
    context.stroke(path)
  }
  context.setLineDash([])
  context.globalAlpha = 1
}

function batchOf(batches: Map<string, Batch>, colour: string, dashed: boolean, faded: boolean): Path2D {
  const key = `${colour} ${dashed} ${faded}`
  const known = batches.get(key)
  if (known !== undefined) return known.path
  const batch = { path: new Path2D(), colour, dashed, opacity: faded ? FADED : 0.8 }
  batches.set(key, batch)
  return batch.path
}

/** Down the child's lane, and in the last row over to the parent's. */
function trace(path: Path2D, { camera, layout, extent }: View, child: number, parent: number): void {
  const x = xOf(camera, layout.lane[child] ?? 0)
  const y = yOf(camera, layout.row[child] ?? 0)
  const toX = xOf(camera, layout.lane[parent] ?? 0)
  const toY = yOf(camera, layout.row[parent] ?? 0)
  const beyond = 2 * camera.rowHeight
  path.moveTo(x, Math.max(y, -beyond))
  if (toY > extent.height + 2 * beyond) {
    path.lineTo(x, extent.height + beyond)
    return
  }
  if (x === toX) {
    path.lineTo(toX, toY)
    return
  }
  const bend = Math.max(y, toY - camera.rowHeight)
  path.lineTo(x, bend)
  path.bezierCurveTo(x, (bend + toY) / 2 + (toY - bend) * 0.15, toX, (bend + toY) / 2, toX, toY)
}

/** From the selected event to those that it names as its auth events. */
export function drawAuthEdges(context: CanvasRenderingContext2D, view: View): void {
  const { camera, layout, selected, auth, colours, extent } = view
  if (selected === undefined || auth.length === 0) return
  const x = xOf(camera, layout.lane[selected] ?? 0)
  const y = yOf(camera, layout.row[selected] ?? 0)
  const right = paneWidth(camera, extent) + 24
  context.strokeStyle = colours.accent
  context.lineWidth = 1.5
  context.setLineDash([1, 4])
  context.lineCap = 'round'
  context.beginPath()
  for (const each of auth) {
    const toX = xOf(camera, layout.lane[each] ?? 0)
    // What is far away is pointed at.
    const toY = Math.min(extent.height * 3, Math.max(-extent.height * 2, yOf(camera, layout.row[each] ?? 0)))
    // Beside the lanes, and not under the words.
    const bend = Math.min(Math.max(x, toX) + 18 + Math.abs(toY - y) / 5, right)
    context.moveTo(x, y)
    context.bezierCurveTo(bend, y, bend, toY, toX, toY)
  }
  context.stroke()
  context.setLineDash([])
  context.lineCap = 'butt'
}
