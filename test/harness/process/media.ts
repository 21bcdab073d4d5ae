import { MatrixError } from './matrix-http.ts'
import type { MatrixUser } from './matrix-user.ts'

/** Uploads and gives the `mxc:` address. */
export async function upload(
  user: MatrixUser,
  body: Buffer,
  contentType: string,
  filename = 'file',
): Promise<string> {
  const path = `/_matrix/media/v3/upload?filename=${encodeURIComponent(filename)}`
  const headers = { 'content-type': contentType }
  const answer = await user.http.bytes('POST', path, { token: user.token, body, headers })
  const told = JSON.parse(answer.body.toString('utf8')) as { content_uri?: string }
  if (answer.status !== 200 || told.content_uri === undefined)
    throw new MatrixError('the upload', answer.status, told)
  return told.content_uri
}

export interface Downloaded {
  readonly status: number
  readonly body: Buffer
  readonly contentType: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Reads a file by the authenticated endpoint of the user's own server. `range` as in the header: `bytes=0-9`. */
export async function download(user: MatrixUser, mxc: string, range?: string): Promise<Downloaded> {
  const headers = range === undefined ? {} : { range }
  return await get(user, `download/${pathOf(mxc)}`, headers)
}

export async function thumbnail(
  user: MatrixUser,
  mxc: string,
  width: number,
  height: number,
): Promise<Downloaded> {
  return await get(user, `thumbnail/${pathOf(mxc)}?width=${width}&height=${height}&method=scale`, {})
}

async function get(user: MatrixUser, path: string, headers: Record<string, string>): Promise<Downloaded> {
  const answer = await user.http.bytes('GET', `/_matrix/client/v1/media/${path}`, {
    token: user.token,
    headers,
  })
  if (answer.status >= 300)
    throw new MatrixError(`GET ${path}`, answer.status, answer.body.toString('utf8').slice(0, 300))
  return { ...answer, contentType: String(answer.headers['content-type'] ?? '') }
}

function pathOf(mxc: string): string {
  const parts = /^mxc:\/\/([^/]+)\/([^/]+)$/.exec(mxc)
  if (parts === null) throw new Error(`${mxc} is no address of a file`)
  return `${encodeURIComponent(parts[1] ?? '')}/${encodeURIComponent(parts[2] ?? '')}`
}
