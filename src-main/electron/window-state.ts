import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

const schema = z.object({
  x: z.int().optional(),
  y: z.int().optional(),
  width: z.int().min(360).max(20_000),
  height: z.int().min(400).max(20_000),
  maximized: z.boolean(),
})

export type WindowState = z.infer<typeof schema>
export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export const defaultWindowState: WindowState = { width: 1180, height: 780, maximized: false }

/** Where the window was; the default when nothing (sound) is remembered. */
export function loadWindowState(file: string): WindowState {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    // A lost window position is not worth a word to anyone.
    return defaultWindowState
  }
}

export function saveWindowState(file: string, state: WindowState): void {
  writeFileSync(`${file}.new`, JSON.stringify(state))
  renameSync(`${file}.new`, file)
}

/** Drops a position that no display shows any more (an unplugged monitor), and fits the size. */
export function fitToDisplays(state: WindowState, workAreas: readonly Area[]): WindowState {
  const { x, y } = state
  const area =
    x === undefined || y === undefined
      ? undefined
      : workAreas.find(
          (a) =>
            x + state.width / 2 >= a.x &&
            x + state.width / 2 < a.x + a.width &&
            y >= a.y &&
            y < a.y + a.height,
        )
  const within = area ?? workAreas[0]
  const width = within === undefined ? state.width : Math.min(state.width, within.width)
  const height = within === undefined ? state.height : Math.min(state.height, within.height)
  if (area === undefined) return { width, height, maximized: state.maximized }
  return { ...state, width, height }
}
