import { z } from 'zod'

/** What the node's process tells the main process. */
export const fromNode = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('ready'),
    server_name: z.string(),
    client_url: z.url(),
    federation_url: z.string(),
    login_url: z.url(),
    pid: z.number(),
  }),
  z.object({ event: z.literal('login-token'), id: z.number(), token: z.string() }),
  z.object({ event: z.literal('failed'), message: z.string() }),
])
export type FromNode = z.infer<typeof fromNode>

/** What the main process tells the node. */
export const toNode = z.discriminatedUnion('event', [
  z.object({ event: z.literal('login-token'), id: z.number() }),
  z.object({ event: z.literal('resume') }),
  z.object({ event: z.literal('suspend') }),
  z.object({ event: z.literal('network-changed') }),
  z.object({ event: z.literal('stop') }),
])
export type ToNode = z.infer<typeof toNode>
