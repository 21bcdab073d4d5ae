import { parseUserId } from '../../core/ids.ts'
import { pick } from '../../core/json.ts'
import { invalidParam, missingParam, notFound } from '../../http/errors.ts'
import type { Endpoint } from './endpoint.ts'

/** `GET /_matrix/federation/v1/query/profile` */
export const queryProfile: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/query/profile',
  handle(call, { profile, serverName }) {
    const asked = call.query.get('user_id')
    if (asked === null) throw missingParam('The query has no user_id.')
    const user = parseUserId(asked)
    if (user === undefined) throw invalidParam('The user_id of the query is not a user ID.')
    const found = user.serverName === serverName ? profile(user.userId) : undefined
    if (found === undefined) throw notFound('There is no such user on this server.')
    const field = call.query.get('field')
    return field === null ? found : pick(found, [field])
  },
}
