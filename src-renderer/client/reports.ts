import { ClientEvent, type MatrixClient } from 'matrix-js-sdk'
import { z } from 'zod'
import './zod-config.ts'
import { cleanName, fallbackName } from './names.ts'
import type { PrivateApi, PrivateAnswer } from './private-api.ts'
import { derived } from './readable.ts'
import type { Readable } from './types.ts'

const REPORTS = 'org.hearth.reports'

/** Others wrote it: line breaks stay, what could turn the line around does not. */
const words = z.string().transform((text) => text.replace(/[^\P{C}\n]/gu, '').trim())
const person = z
  .object({ user_id: z.string().max(255), name: z.string().optional().catch(undefined) })
  .transform((each) => ({
    userId: each.user_id,
    name: cleanName(each.name) ?? fallbackName(each.user_id),
  }))
export type ReportedPerson = z.infer<typeof person>

const reportSchema = z
  .object({
    id: z.number().int(),
    ts: z.number(),
    new: z.boolean().catch(false),
    reporter: person,
    reason: words.optional().catch(undefined),
    user: person.optional().catch(undefined),
    room: z
      .object({ room_id: z.string().max(255), name: z.string().optional().catch(undefined) })
      .optional()
      .catch(undefined),
    event_id: z.string().max(255).optional().catch(undefined),
    text: words.optional().catch(undefined),
    concerns: z
      .object({ servers: z.array(z.string().max(255)), moderators: z.array(person) })
      .catch({ servers: [], moderators: [] }),
  })
  .transform(({ new: isNew, event_id: eventId, room, ...rest }) => ({
    ...rest,
    isNew,
    eventId,
    room: room === undefined ? undefined : { id: room.room_id, name: cleanName(room.name) },
  }))
/** What somebody on this node thinks should not be. */
export type Report = z.infer<typeof reportSchema>

const pageSchema = z.object({ reports: z.array(z.unknown()), next: z.string().min(1).optional() })
const countsSchema = z
  .object({ total: z.number().int().nonnegative(), new: z.number().int().nonnegative() })
  .catch({ total: 0, new: 0 })

/** Reports for the owner of the node. Promises reject with a sentence. */
export function createReports(sdk: MatrixClient, api: PrivateApi) {
  const fresh = derived(() => countsSchema.parse(sdk.getAccountData(REPORTS as never)?.getContent()).new)
  sdk.on(ClientEvent.AccountData, (event) => {
    if (event.getType() === REPORTS) fresh.invalidate()
  })

  function must(answer: PrivateAnswer<unknown>): unknown {
    if (!answer.ok) throw new Error(answer.words ?? 'Hearth does not answer.')
    return answer.value
  }

  return {
    /** How many the owner has not seen; none for somebody else. */
    newReports: fresh as Readable<number>,
    reports: async (from: string | undefined): Promise<{ items: Report[]; next: string | undefined }> => {
      const page = pageSchema.parse(must(await api.reports(from)))
      const items = page.reports.flatMap((each) => reportSchema.safeParse(each).data ?? [])
      return { items, next: page.next }
    },
    reportsSeen: async (upTo: number): Promise<void> => {
      must(await api.reportsSeen(upTo))
    },
    dismissReport: async (id: number): Promise<void> => {
      must(await api.dismissReport(id))
    },
  }
}
