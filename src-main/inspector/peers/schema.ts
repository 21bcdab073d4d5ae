import { z } from 'zod'

const ts = z.number().describe('Milliseconds since the epoch')

export const addressSchema = z.object({
  address: z.string().describe('`host:port`'),
  source: z
    .enum(['mdns', 'static', 'link', 'inbound', 'remembered', 'dns'])
    .describe(
      'How it was learned: discovery, `--peer`, an invitation or by hand, a request of theirs, earlier, DNS',
    ),
  interface: z.string().nullable().describe('Of this machine, by which it was last reached'),
  last_success_ts: ts.nullable(),
  last_failure_ts: ts.nullable(),
  failure: z.string().nullable().describe('Why it failed last, for people'),
})

export const tlsSchema = z
  .object({
    ts,
    version: z.string(),
    cipher: z.string().nullable(),
    certificate: z.enum(['node', 'authority', 'unknown']),
    issuer: z.string().nullable(),
    valid_to_ts: ts.nullable().describe('null: it never ends, or does not say'),
    match: z
      .enum(['name', 'known key', 'authority', 'not checked', 'mismatch'])
      .describe('What shows that it is who it should be'),
    server_key: z.string().nullable().describe('In the certificate of a Hearth, unpadded base64'),
  })
  .meta({ id: 'PeerTls' })

const keySchema = z.object({ key_id: z.string(), public_key: z.string(), since_ts: ts })

export const keyChangeSchema = z
  .object({
    before: keySchema,
    after: keySchema,
    vouched: z.boolean().describe('The server still publishes the old key as its own earlier one'),
  })
  .meta({ id: 'KeyChange' })

export const peerSchema = z
  .object({
    server_name: z.string(),
    display_name: z.string().nullable(),
    fingerprint: z.string(),
    key_named: z.boolean(),
    found: z.array(addressSchema.shape.source).describe('Every way in which it was found'),
    route: z
      .object({ step: z.string(), targets: z.array(z.string()) })
      .nullable()
      .describe('Of a domain name: the step of "Resolving server names" that led there, and where'),
    interface: z.string().nullable(),
    reachable: z.boolean().nullable().describe('null: it was not tried in this run'),
    one_sided: z.boolean().describe('It cannot be dialled from here, and comes for what waits by itself'),
    addresses: z.array(addressSchema),
    round_trip: z
      .object({
        last_ms: z.number(),
        smoothed_ms: z
          .number()
          .describe('The middle one of the last ones: a pause of either side counts for little'),
        best_ms: z.number(),
        samples: z.number().int(),
        ts,
      })
      .nullable(),
    tls: tlsSchema.nullable(),
    software: z.object({ name: z.string(), version: z.string() }).nullable(),
    last_seen_ts: ts.nullable(),
    clock: z
      .object({ difference_ms: z.number(), uncertainty_ms: z.number(), words: z.string(), ts })
      .nullable()
      .describe('By how much its clock is ahead'),
    allowed: z.boolean(),
    rooms: z.number().int().describe('Rooms with people of both servers'),
    queued: z.object({ pdus: z.number().int(), edus: z.number().int() }),
    key_change: keyChangeSchema.nullable(),
  })
  .meta({ id: 'InspectedPeer' })

export const peersSchema = z
  .object({
    now: ts,
    self: z.object({
      server_name: z.string(),
      fingerprint: z.string(),
      addresses: z.array(z.string()),
      interfaces: z.array(
        z.object({ name: z.string(), address: z.string(), problem: z.string().nullable() }),
      ),
    }),
    peers: z.array(peerSchema),
  })
  .meta({ id: 'InspectedPeers' })

export const peerDetailSchema = z
  .object({
    now: ts,
    peer: peerSchema,
    room_ids: z.array(z.string()).describe('At most 100'),
    keys: z.array(keySchema.extend({ old: z.boolean() })).describe('As they are known here'),
    timeline: z
      .array(
        z.object({
          ts,
          kind: z.enum(['learned', 'appeared', 'gone', 'removed', 'mismatch', 'tls', 'software', 'key']),
          detail: z.string().nullable(),
        }),
      )
      .describe('In this run, the newest first'),
  })
  .meta({ id: 'InspectedPeerDetail' })

export const measuredSchema = z
  .object({
    ok: z.boolean(),
    round_trips_ms: z.array(z.number()),
    words: z.string().nullable().describe('Why there was no answer'),
  })
  .meta({ id: 'MeasuredPeer' })

export type PeersAnswer = z.input<typeof peersSchema>
export type PeerDetail = z.input<typeof peerDetailSchema>
export type InspectedPeer = z.input<typeof peerSchema>
export type MeasuredPeer = z.input<typeof measuredSchema>
