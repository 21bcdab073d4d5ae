import { Hono } from 'hono'
import { inspectorDescriptions, registerOpenApi } from '../../src-main/client-api/hearth/openapi.ts'
import { descriptionsOf, type Description } from '../../src-main/http/described.ts'
import { createNodeInspector, type NodeInspectorParts } from '../../src-main/node-inspector.ts'
import { openMemoryDatabase } from '../../src-main/storage/database.ts'

/** Stands for anything, and does nothing. */
export const nowhere: object = new Proxy(() => nowhere, {
  get(_own, name) {
    if (name === Symbol.toPrimitive) return () => ''
    return name === Symbol.iterator ? [][Symbol.iterator] : nowhere
  },
  apply: () => nowhere,
})

/** The inspector's endpoints, of a node that is not there: only what they say of themselves is of use. */
export function idleInspector(): Hono {
  const db = openMemoryDatabase()
  const parts = new Proxy({ db }, { get: (own, name) => (name === 'db' ? own.db : nowhere) })
  return createNodeInspector(parts as unknown as NodeInspectorParts)
}

/** What the endpoints of the private API say of themselves, with their whole paths. */
export function createDescriptions(): Description[] {
  const app = new Hono()
  const inspector = idleInspector()
  registerOpenApi(app, inspector)
  return [...descriptionsOf(app), ...inspectorDescriptions(inspector)]
}
