import { z } from 'zod'
import { isServerName, parseEventId, parseRoomId } from '../../core/ids.ts'
import { isObject } from '../../core/json.ts'
import { isRoomVersion, roomVersionRules } from '../../core/room-versions.ts'
import type { EventId, JsonObject, RoomId, RoomVersionId, ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import type { Remote } from '../../rooms/remote-ports.ts'
import { createFindingRequests } from './finding.ts'
import type { KeysRemote } from '../../keys/ports.ts'
import type { FederationRequest, SignedClient } from './signed-client.ts'

export interface FederationRemote extends Remote, KeysRemote {
  /** What runs there; also a probe whether it can be reached. */
  version(dest: ServerName, signal?: AbortSignal): Promise<{ name: string; version: string }>
}

const MB = 1024 * 1024
/** Joining a large room: hundreds of thousands of events, and the other server may take minutes to collect them. */
const LARGE = { maxBytes: 100 * MB, timeoutMs: 10 * 60_000 }
const KEYS_TIMEOUT_MS = 30_000
const V1 = '/_matrix/federation/v1'
const V2 = '/_matrix/federation/v2'

const object = z.custom<JsonObject>(isObject)
const objects = z.array(object)
const eventIds = z.array(z.custom<EventId>((value) => parseEventId(value) !== undefined))
const template = z.object({ room_version: z.string().optional(), event: object })

const shapes = {
  sendJoin: z.object({
    state: objects,
    auth_chain: objects,
    event: object.optional(),
    origin: z.string().optional(),
  }),
  sendKnock: z.object({ knock_room_state: objects }),
  event: z.object({ event: object }),
  pdus: z.object({ pdus: objects }),
  state: z.object({ pdus: objects, auth_chain: objects }),
  stateIds: z.object({ pdu_ids: eventIds, auth_chain_ids: eventIds }),
  authChain: z.object({ auth_chain: objects }),
  events: z.object({ events: objects.optional() }),
  eventNear: z.object({
    event_id: z.custom<EventId>((value) => parseEventId(value) !== undefined),
    origin_server_ts: z.number(),
  }),
  directory: z.object({
    room_id: z.custom<RoomId>((value) => parseRoomId(value) !== undefined),
    servers: z.array(z.string()),
  }),
  queryKeys: z.object({
    device_keys: object,
    master_keys: object.optional(),
    self_signing_keys: object.optional(),
  }),
  claimKeys: z.object({ one_time_keys: object }),
  userDevices: z.object({
    stream_id: z.number(),
    devices: objects,
    master_key: object.optional(),
    self_signing_key: object.optional(),
  }),
  version: z.object({
    server: z.object({ name: z.string().optional(), version: z.string().optional() }).optional(),
  }),
}

const path = (base: string, ...segments: readonly string[]): string =>
  [base, ...segments.map(encodeURIComponent)].join('/')

/** The requests that rooms make of other servers; one method an endpoint, shapes checked, PDUs left raw. */
export function createRemote(client: SignedClient): FederationRemote {
  async function ask<T>(dest: ServerName, request: FederationRequest, shape: z.ZodType<T>): Promise<T> {
    const answer = await client.request(dest, request)
    const parsed = shape.safeParse(answer)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    const where = issue === undefined ? '' : `: ${issue.path.join('.').slice(0, 100)} ${issue.message}`
    throw new RemoteError(dest, `The answer of ${dest} has the wrong shape${where}.`, {
      status: 200,
      retryable: false,
    })
  }

  async function make(
    dest: ServerName,
    kind: 'make_join' | 'make_leave' | 'make_knock',
    ids: readonly [RoomId, string],
    versions: readonly RoomVersionId[],
    signal?: AbortSignal,
  ): Promise<{ roomVersion: RoomVersionId; event: JsonObject }> {
    const query = versions.map((version) => ['ver', version] as const)
    const answer = await ask(
      dest,
      { method: 'GET', path: path(`${V1}/${kind}`, ...ids), query, signal },
      template,
    )
    // "If not provided, the room version is assumed to be either "1" or "2"": both have the same format.
    const roomVersion = answer.room_version ?? '1'
    if (!isRoomVersion(roomVersion)) {
      throw new RemoteError(
        dest,
        `The room has version ${roomVersion.slice(0, 20)}, which this server does not know.`,
        {
          status: 200,
          errcode: 'M_INCOMPATIBLE_ROOM_VERSION',
          retryable: false,
        },
      )
    }
    return { roomVersion, event: answer.event }
  }

  /** Version 2 of an endpoint; version 1, with its wrapped answer, where a server has only that. */
  async function putV2orV1<T>(
    dest: ServerName,
    endpoint: string,
    request: (version: 2 | 1) => Omit<FederationRequest, 'method' | 'path'> & { segments: readonly string[] },
    shape: z.ZodType<T>,
    fallback = true,
  ): Promise<T> {
    const put = (version: 2 | 1): Promise<T> => {
      const { segments, ...rest } = request(version)
      const target = path(`${version === 2 ? V2 : V1}/${endpoint}`, ...segments)
      return ask(dest, { ...rest, method: 'PUT', path: target, wrapped: version === 1 }, shape)
    }
    try {
      return await put(2)
    } catch (error) {
      if (!fallback || !(error instanceof RemoteError) || !isUnrecognised(error)) throw error
      return put(1)
    }
  }

  async function version(dest: ServerName, signal?: AbortSignal): Promise<{ name: string; version: string }> {
    const request: FederationRequest = {
      method: 'GET',
      path: `${V1}/version`,
      unsigned: true,
      timeoutMs: 10_000,
      maxBytes: 65_536,
      signal,
    }
    const { server } = await ask(dest, request, shapes.version)
    return { name: server?.name ?? '', version: server?.version ?? '' }
  }

  return {
    ...createFindingRequests(ask),
    makeJoin: (dest, roomId, userId, versions, signal) =>
      make(dest, 'make_join', [roomId, userId], versions, signal),
    makeLeave: (dest, roomId, userId) => make(dest, 'make_leave', [roomId, userId], []),
    makeKnock: (dest, roomId, userId, versions) => make(dest, 'make_knock', [roomId, userId], versions),

    async sendJoin(dest, roomId, event, options) {
      const answer = await putV2orV1(
        dest,
        'send_join',
        () => ({ segments: [roomId, event.eventId], content: event.json, ...LARGE, ...options }),
        shapes.sendJoin,
      )
      return {
        state: answer.state,
        authChain: answer.auth_chain,
        event: answer.event,
        origin: answer.origin ?? dest,
      }
    },

    async sendLeave(dest, roomId, event) {
      await putV2orV1(
        dest,
        'send_leave',
        () => ({ segments: [roomId, event.eventId], content: event.json }),
        object,
      )
    },

    async exchangeThirdPartyInvite(dest, roomId, invite) {
      const target = path(`${V1}/exchange_third_party_invite`, roomId)
      await client.request(dest, { method: 'PUT', path: target, content: invite })
    },

    async sendKnock(dest, roomId, event) {
      const target = path(`${V1}/send_knock`, roomId, event.eventId)
      const answer = await ask(dest, { method: 'PUT', path: target, content: event.json }, shapes.sendKnock)
      return { strippedState: answer.knock_room_state }
    },

    async invite(dest, event, strippedState) {
      const state = [...strippedState]
      const answer = await putV2orV1(
        dest,
        'invite',
        (version) => ({
          segments: [event.roomId, event.eventId],
          content:
            version === 2
              ? { room_version: event.roomVersion, event: event.json, invite_room_state: state }
              : { ...event.json, unsigned: { invite_room_state: state } },
        }),
        shapes.event,
        // A version 1 request says nothing of the room's version, so only 1 and 2 may be meant.
        roomVersionRules(event.roomVersion).eventIdFormat === 'explicit',
      )
      return answer.event
    },

    async getEvent(dest, eventId) {
      const answer = await ask(dest, { method: 'GET', path: path(`${V1}/event`, eventId) }, shapes.pdus)
      const [event] = answer.pdus
      if (event === undefined) {
        throw new RemoteError(dest, `${dest} answered without the event.`, { status: 200, retryable: false })
      }
      return event
    },

    async state(dest, roomId, eventId, inUse) {
      const query = [['event_id', eventId]] as const
      const target = path(`${V1}/state`, roomId)
      const request: FederationRequest = { method: 'GET', path: target, query, ...LARGE, inUse }
      const answer = await ask(dest, request, shapes.state)
      return { pdus: answer.pdus, authChain: answer.auth_chain }
    },

    async stateIds(dest, roomId, eventId) {
      const query = [['event_id', eventId]] as const
      const answer = await ask(
        dest,
        { method: 'GET', path: path(`${V1}/state_ids`, roomId), query },
        shapes.stateIds,
      )
      return { pduIds: answer.pdu_ids, authChainIds: answer.auth_chain_ids }
    },

    async eventAuth(dest, roomId, eventId) {
      const target = path(`${V1}/event_auth`, roomId, eventId)
      return (await ask(dest, { method: 'GET', path: target }, shapes.authChain)).auth_chain
    },

    async backfill(dest, roomId, from, limit) {
      const query = [...from.map((id) => ['v', id] as const), ['limit', String(limit)] as const]
      return (await ask(dest, { method: 'GET', path: path(`${V1}/backfill`, roomId), query }, shapes.pdus))
        .pdus
    },

    async getMissingEvents(dest, roomId, args) {
      const content = {
        earliest_events: [...args.earliest],
        latest_events: [...args.latest],
        limit: args.limit,
        min_depth: args.minDepth,
      }
      const target = path(`${V1}/get_missing_events`, roomId)
      return (await ask(dest, { method: 'POST', path: target, content }, shapes.events)).events ?? []
    },

    async timestampToEvent(dest, roomId, ts, dir) {
      const query = [['ts', String(ts)] as const, ['dir', dir] as const]
      const target = path(`${V1}/timestamp_to_event`, roomId)
      const answer = await ask(dest, { method: 'GET', path: target, query }, shapes.eventNear)
      return { eventId: answer.event_id, ts: answer.origin_server_ts }
    },

    queryProfile(dest, userId, field) {
      const query = [
        ['user_id', userId] as const,
        ...(field === undefined ? [] : [['field', field] as const]),
      ]
      return client.request(dest, { method: 'GET', path: `${V1}/query/profile`, query })
    },

    policySign: (dest, event, timeoutMs) =>
      client.request(dest, {
        method: 'POST',
        path: '/_matrix/policy/v1/sign',
        content: event.json,
        timeoutMs,
        maxBytes: 65_536,
      }),

    async queryDirectory(dest, alias) {
      const query = [['room_alias', alias]] as const
      const answer = await ask(
        dest,
        { method: 'GET', path: `${V1}/query/directory`, query },
        shapes.directory,
      )
      return { roomId: answer.room_id, servers: answer.servers.filter(isServerName) }
    },

    async queryKeys(dest, devices, timeoutMs = KEYS_TIMEOUT_MS) {
      const asked = Object.entries(devices).map(([user, ids]): [string, string[]] => [user, [...ids]])
      const content = { device_keys: Object.fromEntries(asked) }
      const request = { method: 'POST', path: `${V1}/user/keys/query`, content, timeoutMs } as const
      const answer = await ask(dest, request, shapes.queryKeys)
      return {
        deviceKeys: answer.device_keys,
        masterKeys: answer.master_keys ?? {},
        selfSigningKeys: answer.self_signing_keys ?? {},
      }
    },

    async claimKeys(dest, wanted, timeoutMs = KEYS_TIMEOUT_MS) {
      const asked = Object.entries(wanted).map(([user, devices]) => [user, { ...devices }] as const)
      const content = { one_time_keys: Object.fromEntries(asked) }
      const request = { method: 'POST', path: `${V1}/user/keys/claim`, content, timeoutMs } as const
      return (await ask(dest, request, shapes.claimKeys)).one_time_keys
    },

    async userDevices(dest, user) {
      const answer = await ask(
        dest,
        { method: 'GET', path: path(`${V1}/user/devices`, user) },
        shapes.userDevices,
      )
      return {
        streamId: answer.stream_id,
        devices: answer.devices,
        ...(answer.master_key === undefined ? {} : { masterKey: answer.master_key }),
        ...(answer.self_signing_key === undefined ? {} : { selfSigningKey: answer.self_signing_key }),
      }
    },

    version,
    isThere: (dest) =>
      version(dest).then(
        () => true,
        // Whatever it answers, it is there.
        (error: unknown) => error instanceof RemoteError && error.status !== undefined,
      ),
  }
}

function isUnrecognised(error: RemoteError): boolean {
  return (
    (error.status === 404 || error.status === 400 || error.status === 405) &&
    (error.errcode === undefined || error.errcode === 'M_UNRECOGNIZED')
  )
}
