import { Agent, request, type Dispatcher } from 'undici'

/** What a test may expect of a refused request. */
export class MatrixError extends Error {
  readonly status: number
  readonly errcode: string
  readonly body: unknown
  constructor(what: string, status: number, body: unknown) {
    const fields = (typeof body === 'object' && body !== null ? body : {}) as {
      errcode?: string
      error?: string
    }
    super(
      `${what} answered ${status} ${fields.errcode ?? ''} ${fields.error ?? JSON.stringify(body)?.slice(0, 300)}`,
    )
    this.status = status
    this.errcode = fields.errcode ?? ''
    this.body = body
  }
}

export interface HttpOptions {
  readonly token?: string | undefined
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

export interface BytesOptions {
  readonly token?: string
  readonly body?: Buffer
  readonly headers?: Readonly<Record<string, string>>
}

export interface BytesAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** JSON over HTTP to one server; `socketPath` reaches it through a Unix socket (another network namespace). */
export class MatrixHttp {
  readonly baseUrl: string
  private readonly agent: Agent

  constructor(baseUrl: string, socketPath?: string) {
    this.baseUrl = baseUrl.replace(/\/$/, '')
    this.agent = new Agent({
      connections: 64,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      // A kept connection is of no use to a server that a test restarts.
      keepAliveTimeout: 2_000,
      connect: socketPath === undefined ? { timeout: 5_000 } : { socketPath, timeout: 5_000 },
    })
  }

  async call<T = Record<string, unknown>>(
    method: Dispatcher.HttpMethod,
    path: string,
    options: HttpOptions = {},
  ): Promise<T> {
    const url = new URL(this.baseUrl + path)
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const headers: Record<string, string> = {}
    if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`
    if (options.body !== undefined) headers['content-type'] = 'application/json'
    const timeout = AbortSignal.timeout(options.timeoutMs ?? 60_000)
    const response = await request(url, {
      method,
      headers,
      dispatcher: this.agent,
      signal: options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    })
    const text = await response.body.text()
    const body = parse(text)
    if (response.statusCode >= 300)
      throw new MatrixError(`${method} ${url.pathname}`, response.statusCode, body)
    return body as T
  }

  /** A request whose body or answer is bytes. Answers whatever the status is. */
  async bytes(method: Dispatcher.HttpMethod, path: string, options: BytesOptions = {}): Promise<BytesAnswer> {
    const headers: Record<string, string> = { ...options.headers }
    if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`
    const response = await request(this.baseUrl + path, {
      method,
      headers,
      dispatcher: this.agent,
      signal: AbortSignal.timeout(120_000),
      ...(options.body === undefined ? {} : { body: options.body }),
    })
    const body = Buffer.from(await response.body.arrayBuffer())
    return { status: response.statusCode, headers: response.headers, body }
  }

  async close(): Promise<void> {
    await this.agent.destroy()
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
