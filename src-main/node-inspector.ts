import type { Hono } from 'hono'
import { createInspectorApp } from './inspector/app.ts'

/** Connects the inspector with what it shows. */
export function createNodeInspector(): Hono {
  return createInspectorApp([])
}
