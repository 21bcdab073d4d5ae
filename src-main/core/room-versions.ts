import type { RoomVersionId } from './types.ts'

/**
 * What differs between room versions (spec "Room Versions", one page for each). Code asks for a flag,
 * never for a version number.
 */
export interface RoomVersionRules {
  readonly id: RoomVersionId
  /** v2: "State resolution" v2; v12: its iteration 2.1. */
  readonly stateResolution: 'v1' | 'v2' | 'v2.1'
  /** Explicit in the JSON (v1, v2), or the reference hash in standard (v3) or URL-safe (v4) base64. */
  readonly eventIdFormat: 'explicit' | 'hash' | 'url-safe-hash'
  /** v6: events that are not valid canonical JSON are refused. */
  readonly strictCanonicalJson: boolean
  /** v5: a key must be valid at the event's `origin_server_ts`. */
  readonly enforceKeyValidity: boolean
  /** v1 to v5: an auth rule of their own for `m.room.aliases`, and its `aliases` survive redaction. */
  readonly specialAliases: boolean
  /** v1 and v2: the redact level is an auth rule (rule 11). */
  readonly redactionAuthRule: boolean
  /** v6: the auth rules for power levels cover `notifications`. */
  readonly notificationLevels: boolean
  /** v7: join rule and membership `knock`. */
  readonly knock: boolean
  /** v8: join rule `restricted`, and `allow` survives redaction. */
  readonly restrictedJoin: boolean
  /** v9: `join_authorised_via_users_server` survives redaction. */
  readonly redactionKeepsAuthorisingUser: boolean
  /** v10: join rule `knock_restricted`. */
  readonly knockRestricted: boolean
  /** v10: power levels are integers, never strings. */
  readonly integerPowerLevels: boolean
  /** v11: the creator is the sender of the create event; `content.creator` means nothing. */
  readonly creatorIsSender: boolean
  /** v11: `redacts` is in the content of a redaction. */
  readonly redactsInContent: boolean
  /** v11: redaction keeps all of create, `invite` level, `redacts`, `third_party_invite.signed`; drops `origin` &c. */
  readonly updatedRedaction: boolean
  /** v12: the room id is the create event's id with another sigil; auth events never name the create event. */
  readonly roomIdIsCreateHash: boolean
  /** v12: creators have infinite power, and there may be several. */
  readonly privilegedCreators: boolean
}

const v1: RoomVersionRules = {
  id: '1',
  stateResolution: 'v1',
  eventIdFormat: 'explicit',
  strictCanonicalJson: false,
  enforceKeyValidity: false,
  specialAliases: true,
  redactionAuthRule: true,
  notificationLevels: false,
  knock: false,
  restrictedJoin: false,
  redactionKeepsAuthorisingUser: false,
  knockRestricted: false,
  integerPowerLevels: false,
  creatorIsSender: false,
  redactsInContent: false,
  updatedRedaction: false,
  roomIdIsCreateHash: false,
  privilegedCreators: false,
}
const v2: RoomVersionRules = { ...v1, id: '2', stateResolution: 'v2' }
const v3: RoomVersionRules = { ...v2, id: '3', eventIdFormat: 'hash', redactionAuthRule: false }
const v4: RoomVersionRules = { ...v3, id: '4', eventIdFormat: 'url-safe-hash' }
const v5: RoomVersionRules = { ...v4, id: '5', enforceKeyValidity: true }
const v6: RoomVersionRules = {
  ...v5,
  id: '6',
  strictCanonicalJson: true,
  specialAliases: false,
  notificationLevels: true,
}
const v7: RoomVersionRules = { ...v6, id: '7', knock: true }
const v8: RoomVersionRules = { ...v7, id: '8', restrictedJoin: true }
const v9: RoomVersionRules = { ...v8, id: '9', redactionKeepsAuthorisingUser: true }
const v10: RoomVersionRules = { ...v9, id: '10', knockRestricted: true, integerPowerLevels: true }
const v11: RoomVersionRules = {
  ...v10,
  id: '11',
  creatorIsSender: true,
  redactsInContent: true,
  updatedRedaction: true,
}
const v12: RoomVersionRules = {
  ...v11,
  id: '12',
  stateResolution: 'v2.1',
  roomIdIsCreateHash: true,
  privilegedCreators: true,
}

const table: ReadonlyMap<string, RoomVersionRules> = new Map(
  [v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12].map((rules) => [rules.id, rules]),
)

export const ROOM_VERSIONS: readonly RoomVersionId[] = [...table.values()].map((rules) => rules.id)
export const DEFAULT_ROOM_VERSION: RoomVersionId = '12'

/** Undefined for a version that this server does not know. */
export function roomVersionRules(version: RoomVersionId): RoomVersionRules
export function roomVersionRules(version: string): RoomVersionRules | undefined
export function roomVersionRules(version: string): RoomVersionRules | undefined {
  return table.get(version)
}

export function isRoomVersion(version: unknown): version is RoomVersionId {
  return typeof version === 'string' && table.has(version)
}
