import { Hono } from 'hono'

/** Adds the endpoints of one view; paths are below `/_hearth/v1/inspector`. Errors are `MatrixError`. */
export type InspectorEndpoints = (app: Hono) => void

/** The private API of the inspector. Whoever mounts it lets only the owner in. */
export function createInspectorApp(endpoints: readonly InspectorEndpoints[]): Hono {
  const app = new Hono()
  for (const add of endpoints) add(app)
  return app
}
