import { roomIdParam, userIdParam, type Endpoint } from './endpoint.ts'

const MAX_VERSIONS = 50

function makeMembership(membership: 'join' | 'leave' | 'knock'): Endpoint {
  return {
    method: 'GET',
    path: `/_matrix/federation/v1/make_${membership}/:roomId/:userId`,
    async handle(call, { rooms }) {
      const asked = call.query.getAll('ver').slice(0, MAX_VERSIONS)
      // "Defaults to 1": versions that the other server does not name are not offered to it.
      const versions = asked.length === 0 ? ['1'] : asked
      const { roomVersion, event } = await rooms.makeMembership(
        call.origin,
        membership,
        roomIdParam(call),
        userIdParam(call),
        versions,
      )
      return { room_version: roomVersion, event }
    },
  }
}

/** `GET /_matrix/federation/v1/make_join/{roomId}/{userId}` */
export const makeJoin = makeMembership('join')
/** `GET /_matrix/federation/v1/make_leave/{roomId}/{userId}` */
export const makeLeave = makeMembership('leave')
/** `GET /_matrix/federation/v1/make_knock/{roomId}/{userId}` */
export const makeKnock = makeMembership('knock')
