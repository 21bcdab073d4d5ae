import { z } from 'zod'
import './zod-config.ts'

/** What became of one attempt to upload. */
export type UploadResult =
  | { kind: 'done'; mxc: string }
  /** The node does not answer: it is tried again. */
  | { kind: 'unreachable' }
  | { kind: 'refused'; error: string }

/** Sends a file; never rejects. The file is streamed from where it lies. */
export type UploadTransport = (
  file: Blob,
  name: string | undefined,
  signal: AbortSignal,
  onProgress: (sentBytes: number) => void,
) => Promise<UploadResult>

const answerSchema = z.object({ content_uri: z.string().startsWith('mxc://') })
const errorSchema = z.object({ error: z.string().min(1).max(500) })

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Words for an answer of the node to an upload. */
export function readUploadAnswer(status: number, text: string): UploadResult {
  if (status === 0 || status >= 500 || status === 429) return { kind: 'unreachable' }
  const json = parseJson(text)
  if (status === 200) {
    const answer = answerSchema.safeParse(json)
    return answer.success
      ? { kind: 'done', mxc: answer.data.content_uri }
      : { kind: 'refused', error: 'Hearth gave an answer that could not be understood.' }
  }
  if (status === 413) return { kind: 'refused', error: 'This file is larger than this Hearth takes.' }
  return { kind: 'refused', error: errorSchema.safeParse(json).data?.error ?? 'Hearth refused this file.' }
}

/** POST /_matrix/media/v3/upload. Only XMLHttpRequest tells how far an upload is. */
export function createUploadTransport(clientUrl: string, accessToken: string): UploadTransport {
  return (file, name, signal, onProgress) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest()
      const query = name === undefined ? '' : `?filename=${encodeURIComponent(name)}`
      request.open('POST', `${clientUrl}/_matrix/media/v3/upload${query}`)
      request.setRequestHeader('authorization', `Bearer ${accessToken}`)
      request.setRequestHeader('content-type', file.type === '' ? 'application/octet-stream' : file.type)
      request.upload.addEventListener('progress', (event) => onProgress(event.loaded))
      request.addEventListener('loadend', () =>
        resolve(readUploadAnswer(request.status, request.responseText)),
      )
      signal.addEventListener('abort', () => request.abort(), { once: true })
      if (signal.aborted) resolve({ kind: 'unreachable' })
      else request.send(file)
    })
}
