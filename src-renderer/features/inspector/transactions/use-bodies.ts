import { z } from 'zod'
import { useInspected } from '../event/use-inspected.ts'
import type { Exchange } from './exchange.ts'

interface WithBodies {
  readonly label: string
  readonly at: number
  readonly bodies?: { request?: string | undefined; answer?: string | undefined } | undefined
  readonly children: readonly WithBodies[]
}
const schema: z.ZodType<WithBodies> = z.object({
  label: z.string(),
  at: z.number(),
  bodies: z.object({ request: z.string().optional(), answer: z.string().optional() }).optional(),
  children: z.lazy(() => z.array(schema)),
})

export interface Bodies {
  readonly state: 'loading' | 'ready'
  /** JSON, cut where it was long. */
  readonly request: string | undefined
  readonly answer: string | undefined
}

/** What was recorded of a request; the list of requests comes without. */
export function useBodies({ record, request }: Exchange): Bodies {
  const found = useInspected(record.id === 0 ? undefined : `trace/${record.id}`, schema)
  if (found.state === 'loading' && record.id !== 0)
    return { state: 'loading', request: undefined, answer: undefined }
  const item =
    found.state === 'ready' && request !== undefined
      ? find(found.value, request.label, request.at)
      : undefined
  const answer = item?.children.find(({ label }) => label === 'answer')
  return {
    state: 'ready',
    request: item?.bodies?.request,
    answer: item?.bodies?.answer ?? answer?.bodies?.answer,
  }
}

function find(item: WithBodies, label: string, at: number): WithBodies | undefined {
  if (item.label === label && item.at === at) return item
  for (const child of item.children) {
    const found = find(child, label, at)
    if (found !== undefined) return found
  }
  return undefined
}
