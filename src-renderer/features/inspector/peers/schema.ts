import { z } from 'zod'
import { saidUpTo } from '../said.ts'

const said = saidUpTo()
const ts = z.number().nullable()

const addressSchema = z.object({
  address: z.string(),
  source: z.enum(['mdns', 'static', 'link', 'inbound', 'remembered', 'dns']),
  interface: z.string().nullable(),
  last_success_ts: ts,
  last_failure_ts: ts,
  failure: said.nullable(),
})
export type PeerAddress = z.infer<typeof addressSchema>

const keySchema = z.object({ key_id: z.string(), public_key: z.string(), since_ts: z.number() })

export const peerSchema = z.object({
  server_name: z.string(),
  display_name: said.nullable(),
  fingerprint: z.string(),
  key_named: z.boolean(),
  found: z.array(addressSchema.shape.source),
  route: z.object({ step: z.string(), targets: z.array(z.string()) }).nullable(),
  interface: z.string().nullable(),
  reachable: z.boolean().nullable(),
  one_sided: z.boolean(),
  addresses: z.array(addressSchema),
  round_trip: z
    .object({
      last_ms: z.number(),
      smoothed_ms: z.number(),
      best_ms: z.number(),
      samples: z.number(),
      ts: z.number(),
    })
    .nullable(),
  tls: z
    .object({
      ts: z.number(),
      version: z.string(),
      cipher: z.string().nullable(),
      certificate: z.enum(['node', 'authority', 'unknown']),
      issuer: said.nullable(),
      valid_to_ts: ts,
      match: z.enum(['name', 'known key', 'authority', 'not checked', 'mismatch']),
      server_key: z.string().nullable(),
    })
    .nullable(),
  software: z.object({ name: said, version: said }).nullable(),
  last_seen_ts: ts,
  clock: z.object({ difference_ms: z.number(), uncertainty_ms: z.number(), words: z.string() }).nullable(),
  allowed: z.boolean(),
  rooms: z.number(),
  queued: z.object({ pdus: z.number(), edus: z.number() }),
  key_change: z.object({ before: keySchema, after: keySchema, vouched: z.boolean() }).nullable(),
})
export type InspectedPeer = z.infer<typeof peerSchema>

export const peersSchema = z.object({
  now: z.number(),
  self: z.object({
    server_name: z.string(),
    fingerprint: z.string(),
    addresses: z.array(z.string()),
    interfaces: z.array(z.object({ name: z.string(), address: z.string(), problem: said.nullable() })),
  }),
  peers: z.array(peerSchema),
})
export type Peers = z.infer<typeof peersSchema>

export const peerDetailSchema = z.object({
  now: z.number(),
  peer: peerSchema,
  room_ids: z.array(z.string()),
  keys: z.array(keySchema.extend({ old: z.boolean() })),
  timeline: z.array(z.object({ ts: z.number(), kind: z.string(), detail: said.nullable() })),
})
export type PeerDetail = z.infer<typeof peerDetailSchema>

export const measuredSchema = z.object({
  ok: z.boolean(),
  round_trips_ms: z.array(z.number()),
  words: said.nullable(),
})
