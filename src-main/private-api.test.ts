import { afterEach, expect, test } from 'vitest'
import { idleInspector, nowhere } from '../test/harness/descriptions.ts'
import { createTestNode, type TestNode } from './client-api/test-node.ts'

let node: TestNode | undefined
afterEach(() => node?.stop())

interface Document {
  openapi: string
  paths: Record<string, Record<string, { summary: string }>>
}

test('every endpoint of the private API is in its OpenAPI document, and nothing else is', async () => {
  node = await createTestNode({
    inspector: idleInspector(),
    deliveries: nowhere as never,
    domain: nowhere as never,
    media: nowhere as never,
  })
  const { json } = await node.request('GET', '/_hearth/v1/openapi.json')
  const document = json as unknown as Document
  expect(document.openapi).toBe('3.1.0')
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  const registered = node.app.routes
    .filter(({ method, path }) => path.startsWith('/_hearth/v1/') && method !== 'ALL')
    .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:([A-Za-z]+)/g, '{$1}')}`)
  expect(described.toSorted()).toEqual([...new Set(registered)].toSorted())

  const referred = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)
  const { components } = document as unknown as { components: { schemas: Record<string, unknown> } }
  expect(Object.keys(components.schemas)).toEqual(
    expect.arrayContaining([...new Set([...referred].map(([, name]) => name))]),
  )
  expect(JSON.stringify(document)).not.toContain('$defs')
})
