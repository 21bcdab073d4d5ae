import type { Hono } from 'hono'
import { z } from 'zod'
import { describe, type Description } from '../../http/described.ts'

const nothing = z.object({}).describe('Nothing more to say')
const person = z.object({ user_id: z.string(), name: z.string().optional() }).meta({ id: 'Person' })

const peer = z
  .object({
    server_name: z.string(),
    display_name: z.string().nullable(),
    fingerprint: z.string(),
    source: z.string().describe('How it was found'),
    addresses: z.array(z.string()).describe('`host:port`, the best first'),
    reachable: z.boolean(),
    allowed: z.boolean().describe('By the settings of this node'),
    last_seen_ts: z.number().nullable(),
    queued_events: z.number().int(),
  })
  .meta({ id: 'Peer' })

const settings = z
  .looseObject({
    visible_nearby: z.boolean(),
    link_previews: z.boolean(),
    presence: z.enum(['on', 'lan', 'off']),
    trace: z.enum(['disk', 'memory', 'off']).describe('Where the inspector’s trace is kept'),
    allow_domain: z.array(z.string()),
    deny_domain: z.array(z.string()),
    interface: z.array(z.string()).describe('Interfaces to discover on; empty: automatically'),
    well_known_server: z.string().optional(),
    well_known_client: z.string().optional(),
    restart_needed: z.array(z.string()).describe('Keys that count at the next start'),
    problem: z.string().optional().describe('Why an edit of the file by hand does not count'),
    addresses: z.array(z.string()),
  })
  .meta({ id: 'Settings' })

const delivery = z
  .object({
    destinations: z.array(
      z.object({
        server_name: z.string(),
        display_name: z.string().optional(),
        state: z.string(),
        ts: z.number().optional(),
        error: z.string().optional(),
        denied: z.literal(true).optional().describe('Its owner does not allow this node'),
      }),
    ),
  })
  .meta({ id: 'Delivery' })

const report = z
  .object({
    id: z.number().int(),
    ts: z.number(),
    new: z.boolean(),
    reporter: person,
    reason: z.string().optional(),
    user: person.optional(),
    room: z.object({ room_id: z.string(), name: z.string().optional() }).optional(),
    event_id: z.string().optional(),
    text: z.string().optional(),
    concerns: z.object({ servers: z.array(z.string()), moderators: z.array(person) }),
  })
  .meta({ id: 'Report' })

const step = z.object({
  step: z.string(),
  state: z.enum(['ok', 'failed', 'unknown']),
  words: z.string(),
  help: z.string().optional(),
})

/** What `/_hearth/v1` answers beside the inspector; endpoints that are added as described are not here. */
const descriptions: readonly (Omit<Description, 'path'> & { path: string })[] = [
  {
    method: 'get',
    path: '/peers',
    summary: 'The machines seen',
    answer: z.object({ peers: z.array(peer) }),
  },
  {
    method: 'post',
    path: '/peers',
    summary: 'Adds one that discovery does not find',
    body: z.object({ server_name: z.string(), address: z.string().describe('`host:port`') }),
    answer: nothing,
  },
  {
    method: 'get',
    path: '/network',
    summary: 'What is wrong with the network, in words',
    answer: z.object({
      problems: z.array(z.object({ kind: z.string(), words: z.string(), help: z.string() })),
    }),
  },
  {
    method: 'get',
    path: '/interfaces',
    summary: 'The network interfaces of the machine, to choose from',
    answer: z.object({
      discovery: z.boolean().describe('False: it is turned off'),
      interfaces: z.array(
        z.object({
          name: z.string(),
          addresses: z.array(z.string()),
          kind: z.enum(['network', 'virtual', 'point_to_point', 'loopback']),
          automatic: z.boolean().describe('It is used where nobody chose'),
          used: z.boolean().describe('It is used now'),
        }),
      ),
    }),
  },
  { method: 'get', path: '/settings', summary: 'The settings as they count', answer: settings },
  {
    method: 'patch',
    path: '/settings',
    summary: 'Changes settings; null takes a key away',
    body: z.record(z.string(), z.unknown()),
    answer: settings,
  },
  {
    method: 'get',
    path: '/storage',
    summary: 'What takes how much room',
    answer: z.looseObject({
      data_dir: z.string(),
      database_bytes: z.number(),
      media_bytes: z.number(),
      events: z.number().int(),
    }),
  },
  {
    method: 'post',
    path: '/backup',
    summary: 'Copies the database',
    answer: z.object({ path: z.string(), bytes: z.number() }),
  },
  {
    method: 'post',
    path: '/identity-backup',
    summary: 'The identity, encrypted: the document to keep',
    body: z.object({ passphrase: z.string() }),
    answer: z.looseObject({}),
  },
  {
    method: 'post',
    path: '/login-token',
    summary: 'A one-time token that logs the owner in',
    answer: z.object({ login_token: z.string() }),
  },
  {
    method: 'post',
    path: '/domain-check',
    summary: 'Goes the way of other servers to this one',
    body: z.object({ ask: z.string().optional().describe('A server that is to look back') }),
    answer: z.looseObject({ server_name: z.string(), domain: z.boolean(), steps: z.array(step) }),
  },
  {
    method: 'post',
    path: '/rotate-key',
    summary: 'Signs with a new key from now on (domain names only)',
    answer: z.object({ key_id: z.string(), old_key_ids: z.array(z.string()) }),
  },
  {
    method: 'get',
    path: '/reports',
    summary: 'What people of this node reported, newest first',
    query: z.object({
      from: z.coerce.number().int().optional().describe('`next` of the page before'),
      limit: z.coerce.number().int().optional(),
    }),
    answer: z.object({
      reports: z.array(report),
      total: z.number().int(),
      new: z.number().int(),
      next: z.string().optional(),
    }),
  },
  {
    method: 'post',
    path: '/reports/seen',
    summary: 'Takes the mark "new" from reports up to this one',
    body: z.object({ up_to: z.number().int().nonnegative() }),
    answer: nothing,
  },
  { method: 'delete', path: '/reports/:id', summary: 'Dismisses a report', answer: nothing },
  {
    method: 'get',
    path: '/rooms/:roomId/delivery/:eventId',
    summary: 'Which servers have an event that a user of this node sent; for those in the room',
    answer: delivery,
    access: 'session',
  },
  {
    method: 'post',
    path: '/delivery',
    summary: 'The same of many events at once, with `since` as soon as it differs',
    query: z.object({ timeout: z.coerce.number().int().optional().describe('How long to wait, in ms') }),
    body: z.object({ event_ids: z.array(z.string()).max(100), since: z.string().optional() }),
    answer: z.object({ position: z.string(), events: z.record(z.string(), delivery) }),
    access: 'session',
  },
  {
    method: 'get',
    path: '/rooms/:roomId/servers',
    summary: 'The servers that are in a room; for those in it',
    answer: z.object({
      servers: z.array(
        z.object({ server_name: z.string(), members: z.number().int(), allowed: z.boolean() }),
      ),
    }),
    access: 'session',
  },
  {
    method: 'get',
    path: '/denied-by',
    summary: 'The servers whose owners do not allow this node',
    answer: z.object({ servers: z.array(z.string()) }),
    access: 'session',
  },
  {
    method: 'post',
    path: '/rooms/:roomId/delete',
    summary: 'Leaves a room for good, and takes it from this node where nobody else has it',
    body: z.object({ redact: z.boolean().optional().describe('Delete what one said there before') }),
    answer: z.object({ left: z.boolean().describe('False: it goes on in the background') }),
    access: 'session',
  },
  {
    method: 'get',
    path: '/media-key',
    summary: 'The key for media URLs in `<img>` and `<video>`',
    answer: z.object({ key: z.string(), expires_ts: z.number() }),
    access: 'session',
  },
  {
    method: 'delete',
    path: '/media/:serverName/:mediaId',
    summary: 'Removes a file that oneself uploaded from the disk',
    answer: nothing,
    access: 'session',
  },
]

export function describePrivateApi(app: Hono): void {
  for (const one of descriptions) describe(app, { ...one, path: `/_hearth/v1${one.path}` })
}
