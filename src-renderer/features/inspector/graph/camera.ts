/** Which part of the graph is in sight. */
export interface Camera {
  /** Rows above the upper edge. */
  readonly top: number
  /** Pixels to the left of the graph's pane. */
  readonly left: number
  /** Height of a row in pixels: the zoom. */
  readonly rowHeight: number
}

export interface Extent {
  readonly rows: number
  readonly lanes: number
  readonly width: number
  readonly height: number
}

export const MIN_ROW = 3
export const MAX_ROW = 44
export const DEFAULT_ROW = 28
/** Smaller rows have no room for words. */
const LABELLED_ROW = 14
/** Above the newest and below the oldest event. */
const MARGIN_ROWS = 1
const PANE_PADDING = 14

export const START: Camera = { top: -MARGIN_ROWS / 2, left: 0, rowHeight: DEFAULT_ROW }

export const hasLabels = (camera: Camera): boolean => camera.rowHeight >= LABELLED_ROW
export const laneWidth = (camera: Camera): number => Math.min(22, Math.max(12, camera.rowHeight * 0.72))
export const xOf = (camera: Camera, lane: number): number =>
  PANE_PADDING + (lane + 0.5) * laneWidth(camera) - camera.left
export const yOf = (camera: Camera, row: number): number => (row + 0.5 - camera.top) * camera.rowHeight
export const rowAt = (camera: Camera, y: number): number => Math.floor(y / camera.rowHeight + camera.top)

/** The graph's part of the width; words have the rest. */
export function paneWidth(camera: Camera, { lanes, width }: Extent): number {
  if (!hasLabels(camera)) return width
  const wanted = 2 * PANE_PADDING + Math.max(2, lanes) * laneWidth(camera)
  return Math.min(wanted, Math.max(90, width * 0.45))
}

export function clamp(camera: Camera, extent: Extent): Camera {
  const inSight = extent.height / camera.rowHeight
  const lowest = -MARGIN_ROWS / 2
  const highest = Math.max(lowest, extent.rows + MARGIN_ROWS - inSight)
  const overhang = 2 * PANE_PADDING + extent.lanes * laneWidth(camera) - paneWidth(camera, extent)
  return {
    rowHeight: camera.rowHeight,
    top: Math.min(highest, Math.max(lowest, camera.top)),
    left: Math.min(Math.max(0, overhang), Math.max(0, camera.left)),
  }
}

export function pan(camera: Camera, extent: Extent, dx: number, dy: number): Camera {
  return clamp({ ...camera, left: camera.left + dx, top: camera.top + dy / camera.rowHeight }, extent)
}

/** What is at `y` stays there. */
export function zoom(camera: Camera, extent: Extent, factor: number, y: number): Camera {
  const rowHeight = Math.min(MAX_ROW, Math.max(MIN_ROW, camera.rowHeight * factor))
  const row = camera.top + y / camera.rowHeight
  const scale = laneWidth({ ...camera, rowHeight }) / laneWidth(camera)
  return clamp({ rowHeight, top: row - y / rowHeight, left: camera.left * scale }, extent)
}

/** Moves as little as needed for a place to be well in sight. */
export function reveal(camera: Camera, extent: Extent, row: number, lane: number): Camera {
  const inSight = extent.height / camera.rowHeight
  const margin = Math.min(3, inSight / 4)
  let { top, left } = camera
  const far = row < top - inSight || row > top + 2 * inSight
  if (far) top = row - inSight / 2
  else if (row < top + margin) top = row - margin
  else if (row + 1 > top + inSight - margin) top = row + 1 + margin - inSight
  const pane = paneWidth(camera, extent)
  const x = PANE_PADDING + (lane + 0.5) * laneWidth(camera)
  if (x - left < PANE_PADDING) left = x - PANE_PADDING
  else if (x - left > pane - PANE_PADDING) left = x - pane + PANE_PADDING
  return clamp({ ...camera, top, left }, extent)
}

/** Puts a row near the upper edge, such as the newest one of a moment of the past. */
export function lead(camera: Camera, extent: Extent, row: number): Camera {
  return clamp({ ...camera, top: row - Math.min(2, extent.height / camera.rowHeight / 4) }, extent)
}

/** At the newest events, which is where new ones appear. */
export const isAtTop = (camera: Camera): boolean => camera.top <= 0.5
