import { join } from 'node:path'
import { z } from 'zod'
import { openDocument, type Document } from './document.ts'

const list = z.union([z.string().transform((one) => [one]), z.array(z.string())])

/**
 * `settings.json`: the command line's options, in snake case, all optional. Where the command line
 * takes an option several times, the key takes a text or a list. Values have the command line's form.
 */
const known = {
  server_name: z.string().optional(),
  client_listen: z.string().optional(),
  federation_listen: z.string().optional(),
  tls_cert: z.string().optional(),
  tls_key: z.string().optional(),
  tls_ca: list.optional(),
  insecure_skip_tls_verify: z.boolean().optional(),
  /** `<server_name>=<host:port>` */
  peer: list.optional(),
  no_mdns: z.boolean().optional(),
  /** Names of the interfaces to discover on. */
  interface: list.optional(),
  registration: z.enum(['open', 'token', 'closed']).optional(),
  allow_domain: list.optional(),
  deny_domain: list.optional(),
  allow_private_addresses: z.boolean().optional(),
  /** `unlimited`, bytes, or a number with a unit (`50M`). */
  max_upload_size: z.union([z.string(), z.number().int().positive()]).optional(),
  /** Likewise: how much of other servers' files is kept. */
  max_remote_media_cache: z.union([z.string(), z.number().int().positive()]).optional(),
  registration_shared_secret: z.string().optional(),
  no_rate_limits: z.boolean().optional(),
  /** Where `/.well-known/matrix/server` says that this server is, and `…/client` its Client-Server API. */
  well_known_server: z.string().optional(),
  well_known_client: z.string().optional(),
  /** Believed alone when they tell keys of servers that cannot be reached. */
  trusted_key_server: list.optional(),
  /** Nearby people see the owner's display name. */
  visible_nearby: z.boolean().optional(),
  /** The node looks at pages behind links; default true. */
  link_previews: z.boolean().optional(),
  /** Who learns whether the users of this node are there: all servers of their rooms, those named by a key, nobody. */
  presence: z.enum(['on', 'lan', 'off']).optional(),
  /** Where the inspector's trace is kept; default: on disk too. */
  trace: z.enum(['disk', 'memory', 'off']).optional(),
}

/** Keys that this version does not know are kept, as a newer one may have written them. */
export const settingsSchema = z.looseObject(known)
export type Settings = z.infer<typeof settingsSchema>
export const settingKeys = Object.keys(known) as (keyof typeof known)[]

export interface SettingsDocument extends Document<Settings> {
  /** Sets the keys of `change`; undefined removes one. On disk when it returns; throws a `ZodError` for wrong values. */
  update(change: Readonly<Record<string, unknown>>): void
}

/** Throws `DocumentError` for a file that is not usable; nobody's settings are ignored silently. */
export function openSettings(dataDir: string): SettingsDocument {
  const document = openDocument<Settings>(join(dataDir, 'settings.json'), {
    parse: (value) => settingsSchema.parse(value),
    defaults: {},
  })
  return {
    path: document.path,
    existed: document.existed,
    problem: document.problem,
    get data() {
      return document.data
    },
    replace: (data) => document.replace(data),
    reload: (check) => document.reload(check),
    update(change) {
      const entries = Object.entries({ ...document.data, ...change })
      document.replace(
        settingsSchema.parse(Object.fromEntries(entries.filter(([, value]) => value !== undefined))),
      )
    },
  }
}

/** One sentence for each key that has no effect; to be shown at start. */
export function settingsWarnings(document: Document<Settings>): string[] {
  return Object.keys(document.data)
    .filter((key) => !Object.hasOwn(known, key))
    .map(
      (key) =>
        `${document.path}: "${key}" is not a setting that this version knows; it is kept and has no effect.`,
    )
}
