import { z } from 'zod'
import './zod-config.ts'

/** The node quotes what other servers said, so it is cut and cleaned before it reaches the screen. */
const sentence = z.string().transform((text) => text.replace(/\p{C}/gu, '').trim().slice(0, 1_000))

const stepSchema = z.object({
  step: z.enum(['name', 'well_known', 'srv', 'address', 'port', 'certificate', 'version', 'outside']),
  state: z.enum(['ok', 'failed', 'unknown']).catch('unknown'),
  words: sentence,
  help: sentence.optional().catch(undefined),
})
export type DomainStep = z.infer<typeof stepSchema>

const checkSchema = z.object({
  /** False where the name is a key. */
  domain: z.boolean(),
  checked_ts: z.number().optional(),
  steps: z.array(z.unknown()),
  well_known_server: z.string().max(255).nullish(),
  listening: z.string().max(255).optional(),
})

/** How other servers find this one, step by step. */
export interface DomainCheck {
  readonly isDomain: boolean
  readonly steps: readonly DomainStep[]
  /** What `/.well-known/matrix/server` should say; undefined where the name leaves no question. */
  readonly wellKnownServer: string | undefined
  /** `host:port` of the node's federation listener. */
  readonly listening: string | undefined
}

/** A step of a newer node that this page does not know is left out; undefined for another shape altogether. */
export function parseDomainCheck(json: unknown): DomainCheck | undefined {
  const parsed = checkSchema.safeParse(json)
  if (!parsed.success) return undefined
  const { domain, steps, well_known_server: wellKnownServer, listening } = parsed.data
  return {
    isDomain: domain,
    steps: steps.flatMap((step) => stepSchema.safeParse(step).data ?? []),
    wellKnownServer: wellKnownServer ?? undefined,
    listening,
  }
}
