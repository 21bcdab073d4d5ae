import type { z } from 'zod'
import type { PrivateAnswer, PrivateApi } from './private-api.ts'

/** A sentence for people: the node's own, where it said one. */
export class InspectorError extends Error {
  override readonly name = 'InspectorError'
}

/**
 * The node's inspector, `/_hearth/v1/inspector/…`: paths are below that. What it answers is checked by the view
 * that asks. Rejects with `InspectorError`.
 */
export function createInspectorApi(api: PrivateApi) {
  const valueOf = <T>(answer: PrivateAnswer<T>): T => {
    if (answer.ok) return answer.value
    const fallback =
      answer.reason === 'unreachable'
        ? 'Hearth does not answer.'
        : 'Only the owner of this Hearth may see this.'
    throw new InspectorError(answer.words ?? fallback)
  }
  const read = <T>(answer: PrivateAnswer<unknown>, schema: z.ZodType<T>): T => {
    const parsed = schema.safeParse(valueOf(answer))
    if (!parsed.success) throw new InspectorError('Hearth answered in a form that this page does not know.')
    return parsed.data
  }
  return {
    async get<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T> {
      return read(await api.request('GET', `inspector/${path}`, undefined, signal), schema)
    },
    /** A file. */
    async download(path: string): Promise<Blob> {
      return valueOf(await api.download(`inspector/${path}`))
    },
    async post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
      return read(await api.request('POST', `inspector/${path}`, body), schema)
    },
  }
}
export type InspectorApi = ReturnType<typeof createInspectorApi>
