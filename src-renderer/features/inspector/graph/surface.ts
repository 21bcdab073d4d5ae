import {
  clamp,
  hasLabels,
  isAtTop,
  lead,
  paneWidth,
  pan,
  reveal,
  rowAt,
  START,
  xOf,
  laneWidth,
  zoom,
  type Camera,
  type Extent,
} from './camera.ts'
import { readColours, watchTheme, type Colours } from './colours.ts'
import { drawGraph } from './draw.ts'
import { drawOverview } from './draw-overview.ts'
import { MARK } from './marks.ts'
import type { Scene } from './scene.ts'
import { watchGestures } from './gestures.ts'

export interface SurfaceEvents {
  onSelect(index: number | undefined): void
  /** What is in sight changed: whether the newest are, and how many rows lie below. */
  onLook(look: { following: boolean; rowsBelow: number; rowHeight: number }): void
}

const OVERVIEW_MS = 400

/** The drawing, and what the hand does with it. It draws when something changed, once a frame at most. */
export class Surface {
  private readonly canvas: HTMLCanvasElement
  private readonly strip: HTMLCanvasElement
  private readonly events: SurfaceEvents
  private readonly stops: (() => void)[] = []
  private camera: Camera = START
  private extent: Extent = { rows: 0, lanes: 0, width: 0, height: 0 }
  private scene: Scene | undefined
  private hovered: number | undefined
  private colours: Colours
  private overview: HTMLCanvasElement | undefined
  private frame: number | undefined
  private overviewTimer: number | undefined

  constructor(canvas: HTMLCanvasElement, strip: HTMLCanvasElement, events: SurfaceEvents) {
    this.canvas = canvas
    this.strip = strip
    this.events = events
    this.colours = readColours(document.body)
    const observer = new ResizeObserver(() => this.resized())
    observer.observe(canvas)
    observer.observe(strip)
    this.stops.push(
      () => observer.disconnect(),
      watchTheme(() => {
        this.colours = readColours(document.body)
        this.overview = undefined
        this.redraw()
      }),
      watchGestures(canvas, {
        pan: (dx, dy) => this.look(pan(this.camera, this.extent, dx, dy)),
        zoom: (factor, y) => this.look(zoom(this.camera, this.extent, factor, y)),
        hover: (x, y) => this.hover(x === undefined ? undefined : this.eventAt(x, y)),
        press: (x, y) => this.events.onSelect(this.eventAt(x, y)),
      }),
      watchGestures(strip, {
        pan: () => undefined,
        zoom: () => undefined,
        hover: () => undefined,
        press: (_x, y) => this.goTo(y),
        drag: (_x, y) => this.goTo(y),
      }),
    )
    this.resized()
  }

  stop(): void {
    for (const each of this.stops) each()
    window.clearTimeout(this.overviewTimer)
    if (this.frame !== undefined) cancelAnimationFrame(this.frame)
  }

  /** What is looked at stays where it is, when events come above it; who looks at the newest goes on to. */
  show(scene: Scene): void {
    const before = this.scene
    this.scene = scene
    this.extent = { ...this.extent, rows: scene.layout.order.length, lanes: scene.layout.lanes }
    if (before !== undefined && before.layout !== scene.layout && !isAtTop(this.camera)) {
      const anchorRow = Math.min(
        before.layout.order.length - 1,
        Math.max(0, rowAt(this.camera, this.extent.height / 3)),
      )
      const anchor = before.layout.order[anchorRow]
      const now = anchor === undefined ? undefined : scene.layout.row[anchor]
      if (now !== undefined) this.camera = { ...this.camera, top: this.camera.top + now - anchorRow }
    }
    if (before?.layout !== scene.layout) this.hovered = undefined
    this.renewOverview(before)
    this.look(clamp(this.camera, this.extent))
  }

  /** So that keys lead on from the selected event. */
  focus(): void {
    this.canvas.parentElement?.focus({ preventScroll: true })
  }

  /** Brings an event into sight. */
  reveal(index: number): void {
    const row = this.scene?.layout.row[index]
    if (row === undefined || this.scene === undefined) return
    this.look(reveal(this.camera, this.extent, row, this.scene.layout.lane[index] ?? 0))
  }

  /** Puts an event near the upper edge. */
  lead(index: number): void {
    const row = this.scene?.layout.row[index]
    if (row !== undefined) this.look(lead(this.camera, this.extent, row))
  }

  zoomBy(factor: number): void {
    this.look(zoom(this.camera, this.extent, factor, this.extent.height / 2))
  }

  toNewest(): void {
    this.look(clamp({ ...this.camera, top: START.top }, this.extent))
  }

  toOldest(): void {
    this.look(clamp({ ...this.camera, top: this.extent.rows }, this.extent))
  }

  /** Rows that are in sight, for the keys that move by a page. */
  get page(): number {
    return Math.max(1, Math.floor(this.extent.height / this.camera.rowHeight) - 1)
  }

  /** It looks at every event: where many come, once in a while is enough. */
  private renewOverview(before: Scene | undefined): void {
    const asked = before?.dimmed !== this.scene?.dimmed || before?.marks !== this.scene?.marks
    if (!asked || this.overviewTimer !== undefined) return
    const renew = (): void => {
      this.overviewTimer = undefined
      this.overview = undefined
      this.redraw()
    }
    if (this.overview === undefined) return
    this.overviewTimer = window.setTimeout(renew, OVERVIEW_MS)
  }

  private goTo(y: number): void {
    const share = y / Math.max(1, this.strip.clientHeight)
    const inSight = this.extent.height / this.camera.rowHeight
    this.look(clamp({ ...this.camera, top: share * this.extent.rows - inSight / 2 }, this.extent))
  }

  private hover(index: number | undefined): void {
    if (index === this.hovered) return
    this.hovered = index
    this.canvas.style.cursor = index === undefined ? '' : 'pointer'
    this.redraw()
  }

  /** With words, the whole row is the event's; without, its shape and a little around it. */
  private eventAt(x: number, y: number): number | undefined {
    const { scene, camera, extent } = this
    if (scene === undefined) return undefined
    const row = rowAt(camera, y)
    const index = scene.layout.order[row]
    if (row < 0 || index === undefined || ((scene.marks[index] ?? 0) & MARK.absent) !== 0) return undefined
    if (hasLabels(camera)) return index
    const near = [row, row - 1, row + 1]
      .map((each) => scene.layout.order[each])
      .find((each) => {
        if (each === undefined) return false
        return Math.abs(xOf(camera, scene.layout.lane[each] ?? 0) - x) <= Math.max(8, laneWidth(camera) / 2)
      })
    return x <= paneWidth(camera, extent) ? near : undefined
  }

  private look(camera: Camera): void {
    this.camera = camera
    this.redraw()
    const { rows, height } = this.extent
    const rowsBelow = rows - camera.top - height / camera.rowHeight
    this.events.onLook({ following: isAtTop(camera), rowsBelow, rowHeight: camera.rowHeight })
  }

  private resized(): void {
    fitToScreen(this.canvas)
    fitToScreen(this.strip)
    const before = this.extent.height
    this.extent = { ...this.extent, width: this.canvas.clientWidth, height: this.canvas.clientHeight }
    this.overview = undefined
    const { selected, layout } = this.scene ?? {}
    const row = selected === undefined ? undefined : layout?.row[selected]
    const wasSeen = row !== undefined && row >= rowAt(this.camera, 0) && row <= rowAt(this.camera, before)
    this.look(clamp(this.camera, this.extent))
    // What opens beside the graph must not cover what it is about.
    if (wasSeen && selected !== undefined) this.reveal(selected)
    // A resized canvas is empty: it is drawn before it is seen.
    this.draw()
  }

  private redraw(): void {
    this.frame ??= requestAnimationFrame(() => this.draw())
  }

  private draw(): void {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame)
    this.frame = undefined
    const { scene, camera, extent, hovered, colours } = this
    const context = this.canvas.getContext('2d', { alpha: false })
    if (context === null || scene === undefined || extent.width === 0) return
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
    drawGraph(context, { ...scene, camera, extent, hovered, colours })
    this.drawStrip(scene)
  }

  private drawStrip(scene: Scene): void {
    const { strip, camera, extent, colours } = this
    const context = strip.getContext('2d', { alpha: false })
    const [width, height] = [strip.clientWidth, strip.clientHeight]
    if (context === null || width === 0 || height === 0) return
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
    if (this.overview === undefined) {
      this.overview = document.createElement('canvas')
      this.overview.width = strip.width
      this.overview.height = strip.height
      const behind = this.overview.getContext('2d', { alpha: false })
      behind?.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
      if (behind !== null) drawOverview(behind, scene, colours, width, height)
    }
    context.drawImage(this.overview, 0, 0, width, height)
    const scale = height / Math.max(1, extent.rows)
    const inSight = Math.min(height, (extent.height / camera.rowHeight) * scale)
    const tall = Math.max(10, inSight)
    const y = Math.min(height - tall, Math.max(0, camera.top * scale))
    context.fillStyle = colours.text
    context.globalAlpha = 0.1
    context.fillRect(0, y, width, tall)
    context.globalAlpha = 0.4
    context.strokeStyle = colours.text
    context.lineWidth = 1
    context.strokeRect(0.5, y + 0.5, width - 1, tall - 1)
    context.globalAlpha = 1
  }
}

function fitToScreen(canvas: HTMLCanvasElement): void {
  const width = Math.round(canvas.clientWidth * devicePixelRatio)
  const height = Math.round(canvas.clientHeight * devicePixelRatio)
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
}
