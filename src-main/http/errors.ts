/** A request refused with the specification's error JSON: `{ errcode, error, ...extra }`. */
export class MatrixError extends Error {
  readonly status: number
  readonly errcode: string
  readonly extra: Record<string, unknown>
  constructor(status: number, errcode: string, message: string, extra: Record<string, unknown> = {}) {
    super(message)
    this.name = 'MatrixError'
    this.status = status
    this.errcode = errcode
    this.extra = extra
  }
}

/** Who knows only an e-mail address or a phone number needs an identity server, and Hearth works with none. */
export const noIdentityServer = (): MatrixError =>
  new MatrixError(
    403,
    'M_SERVER_NOT_TRUSTED',
    'This server works with no identity server, so nobody can be invited by e-mail address or phone number. Invite them by their Matrix ID, or give them a link.',
  )

export const badJson = (message: string): MatrixError => new MatrixError(400, 'M_BAD_JSON', message)
export const invalidParam = (message: string): MatrixError => new MatrixError(400, 'M_INVALID_PARAM', message)
export const missingParam = (message: string): MatrixError => new MatrixError(400, 'M_MISSING_PARAM', message)
export const forbidden = (message: string): MatrixError => new MatrixError(403, 'M_FORBIDDEN', message)
export const notFound = (message: string): MatrixError => new MatrixError(404, 'M_NOT_FOUND', message)
