import { z } from 'zod'
import { isObject, without } from '../../core/json.ts'
import { eventIdParam, jsonObject, parseBody, roomIdParam, type Endpoint } from './endpoint.ts'

const MAX_BYTES = 2 * 1024 * 1024

const shape = z.object({
  room_version: z.string().max(64),
  event: jsonObject,
  invite_room_state: z.array(jsonObject).max(200).default([]),
})

/** `PUT /_matrix/federation/v2/invite/{roomId}/{eventId}` */
export const inviteV2: Endpoint = {
  method: 'PUT',
  path: '/_matrix/federation/v2/invite/:roomId/:eventId',
  maxBody: MAX_BYTES,
  async handle(call, { rooms }) {
    const body = parseBody(shape, call)
    const event = await rooms.receiveInvite(call.origin, {
      roomId: roomIdParam(call),
      eventId: eventIdParam(call),
      roomVersion: body.room_version,
      json: body.event,
      strippedState: body.invite_room_state,
    })
    return { event }
  },
}

/**
 * `PUT /_matrix/federation/v1/invite/{roomId}/{eventId}`: "must assume that the room version is either 1
 * or 2", whose events have the same form.
 */
export const inviteV1: Endpoint = {
  method: 'PUT',
  path: '/_matrix/federation/v1/invite/:roomId/:eventId',
  maxBody: MAX_BYTES,
  async handle(call, { rooms }) {
    const unsigned = call.body['unsigned']
    const state = isObject(unsigned) ? unsigned['invite_room_state'] : undefined
    const event = await rooms.receiveInvite(call.origin, {
      roomId: roomIdParam(call),
      eventId: eventIdParam(call),
      roomVersion: '1',
      json: without(call.body, 'unsigned'),
      strippedState: Array.isArray(state) ? state.filter(isObject).slice(0, 200) : [],
    })
    return [200, { event }]
  },
}
