import type { Context } from 'hono'
import { MatrixError } from '../../http/errors.ts'
import { mxcOf } from '../../media/mxc.ts'
import { MediaError } from '../../media/ports.ts'
import type { Media, MediaProblem, Mxc } from '../../media/ports.ts'
import type { Session } from '../ports.ts'

export interface MediaRouteDeps {
  readonly media: Media
  /** The session of the request's access token; throws M_MISSING_TOKEN or M_UNKNOWN_TOKEN. */
  readonly session: (c: Context) => Session
  /** The same for reading alone, where a media key in the query will do. */
  readonly readSession: (c: Context) => Session
}

const answers: Record<MediaProblem, readonly [status: number, errcode: string]> = {
  'bad-uri': [400, 'M_INVALID_PARAM'],
  'not-found': [404, 'M_NOT_FOUND'],
  'too-large': [413, 'M_TOO_LARGE'],
  'remote-too-large': [502, 'M_TOO_LARGE'],
  'remote-failed': [502, 'M_UNKNOWN'],
  'not-yet-uploaded': [504, 'M_NOT_YET_UPLOADED'],
  'already-uploaded': [409, 'M_CANNOT_OVERWRITE_MEDIA'],
  forbidden: [403, 'M_FORBIDDEN'],
  'too-many-pending': [429, 'M_LIMIT_EXCEEDED'],
  'bad-range': [416, 'M_INVALID_PARAM'],
  'no-thumbnail': [400, 'M_UNKNOWN'],
  'too-large-for-thumbnail': [413, 'M_TOO_LARGE'],
  busy: [503, 'M_UNKNOWN'],
  interrupted: [408, 'M_UNKNOWN'],
  'disk-full': [507, 'M_UNKNOWN'],
}

/** Runs a media operation; its failures become the specification's errors. */
export async function withMediaErrors<T>(operation: () => T | Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    if (!(error instanceof MediaError)) throw error
    const [status, errcode] = answers[error.problem]
    throw new MatrixError(status, errcode, error.message)
  }
}

/** The URI that a path names; M_NOT_FOUND for what cannot be one. */
export function mxcOfPath(c: Context): Mxc {
  const mxc = mxcOf(c.req.param('serverName') ?? '', c.req.param('mediaId') ?? '')
  if (mxc === undefined) throw new MatrixError(404, 'M_NOT_FOUND', 'This cannot be the id of a file')
  return mxc
}
