import { asServerName } from '../core/ids.ts'
import type { ServerName } from '../core/types.ts'
import { invalidParam } from '../http/errors.ts'

/** The server that a path or a body names. Throws `MatrixError` 400. */
export function serverParam(name: string | undefined): ServerName {
  const server = name === undefined || name.length > 255 ? undefined : asServerName(name)
  if (server === undefined) throw invalidParam('That is not a server name.')
  return server
}
