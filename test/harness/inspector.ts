import { descriptionsOf } from '../../src-main/http/described.ts'
import { createInspectorApp, type InspectorEndpoints } from '../../src-main/inspector/app.ts'
import { eventEndpoints } from '../../src-main/inspector/event/index.ts'
import type { InspectedRooms } from '../../src-main/inspector/event/ports.ts'
import { MatrixError } from '../../src-main/http/errors.ts'
import type { JsonObject, ServerName } from '../../src-main/core/types.ts'
import type { TestNetwork, TestNode } from './network.ts'

/** What the inspector of a node reads, with the keys that everybody has. */
export function inspectedRooms(network: TestNetwork, node: TestNode): InspectedRooms {
  return {
    ...node.store,
    keysOf: (server: ServerName) => {
      const signer = network.nodes.get(server)?.signer
      if (signer === undefined) return []
      const { keyId, publicKey } = signer
      const from = server === node.name ? 'own' : 'server'
      return [{ keyId, publicKey, old: false, validUntilTs: undefined, from, fetchedTs: 0 }]
    },
  }
}

/** The inspector's answers, as the owner of a node gets them. */
export function inspectorOf(
  network: TestNetwork,
  node: TestNode,
  ...more: InspectorEndpoints[]
): (path: string) => Promise<JsonObject> {
  const app = createInspectorApp([eventEndpoints(inspectedRooms(network, node)), ...more])
  app.onError((error, c) => {
    if (!(error instanceof MatrixError)) throw error
    return c.json({ error: error.message }, error.status as 400)
  })
  return async (path) => {
    const answer = await app.request(`/${path}`)
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    const json = (await answer.json()) as JsonObject
    fits(app, path, json)
    return json
  }
}

/** What is answered is as the private API's description says. */
function fits(app: Parameters<InspectorEndpoints>[0], path: string, answer: JsonObject): void {
  const asked = path.replace(/\?.*/, '').split('/')
  const description = descriptionsOf(app).find((one) => {
    const parts = one.path.slice(1).split('/')
    return (
      parts.length === asked.length && parts.every((part, i) => part.startsWith(':') || part === asked[i])
    )
  })
  if (description?.answer === undefined) throw new Error(`${path} is not described`)
  description.answer.parse(answer)
}
