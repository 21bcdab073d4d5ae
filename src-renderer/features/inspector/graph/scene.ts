import type { Camera, Extent } from './camera.ts'
import type { Colours } from './colours.ts'
import type { Layout } from './layout.ts'
import type { GraphModel } from './model.ts'

/** All that one picture is made of. */
export interface Scene {
  readonly model: GraphModel
  readonly layout: Layout
  /** `MARK` bits of each event. */
  readonly marks: Uint8Array
  /** 1 for what the search and the filter leave out; undefined: nothing is. */
  readonly dimmed: Uint8Array | undefined
  readonly selected: number | undefined
  /** Events whose authority the selected one rests on; empty when they are not asked for. */
  readonly auth: readonly number[]
  /** Which colour each event's server has. */
  readonly serverColour: (server: string) => number | undefined
  readonly nameOf: (sender: string) => string
}

export interface View extends Scene {
  readonly camera: Camera
  readonly extent: Extent
  readonly hovered: number | undefined
  readonly colours: Colours
}

export function colourOf(view: View, index: number): string {
  const server = view.model.events[index]?.server
  const number = server === undefined ? undefined : view.serverColour(server)
  return (number === undefined ? undefined : view.colours.servers[number]) ?? view.colours.otherServers
}

export const FADED = 0.22
export const opacityOf = (view: View, index: number): number => (view.dimmed?.[index] === 1 ? FADED : 1)
