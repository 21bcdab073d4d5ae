import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

export interface RawAnswer {
  readonly status: number
  readonly body: string
  readonly errcode: string
}

/**
 * Sends exactly these bytes, to a listener that need not be trusted. A listener that answers before
 * it has read everything, and then closes, has answered.
 */
export async function rawRequest(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<RawAnswer> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  return await new Promise((resolve, reject) => {
    let answered = false
    const body = options.body === undefined ? undefined : Buffer.from(options.body)
    const request = send(
      url,
      {
        method: options.method ?? 'GET',
        rejectUnauthorized: false,
        agent: false,
        headers: {
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': body.length }),
          ...options.headers,
        },
        timeout: 20_000,
      },
      (response) => {
        answered = true
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        const done = () => resolve(toAnswer(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8')))
        response.on('end', done)
        response.on('error', done)
      },
    )
    request.on('timeout', () => request.destroy(new Error(`${url} did not answer within 20 s`)))
    request.on('error', (error) => {
      if (!answered) reject(error)
    })
    request.end(body)
  })
}

function toAnswer(status: number, body: string): RawAnswer {
  try {
    const parsed = JSON.parse(body) as { errcode?: string }
    return { status, body, errcode: parsed.errcode ?? '' }
  } catch {
    return { status, body, errcode: '' }
  }
}
