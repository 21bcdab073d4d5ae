import type { EventId, ServerName } from '../core/types.ts'

/** Outcome of one PDU of a transaction, as it is answered. */
export type PduResult = { error?: string }

/** Who waits for what becomes of staged PDUs: the transactions that they came in. */
export class StagedAnswers {
  private readonly waiting = new Map<string, ((result: PduResult) => void)[]>()

  /** Resolves when the PDU has been decided, or is put off. */
  result(origin: ServerName, eventId: EventId): Promise<PduResult> {
    return new Promise((resolve) => {
      const key = waitKey(origin, eventId)
      const list = this.waiting.get(key)
      if (list === undefined) this.waiting.set(key, [resolve])
      else list.push(resolve)
    })
  }

  settle(origin: ServerName, eventId: EventId | undefined, result: PduResult): void {
    if (eventId === undefined) return
    const key = waitKey(origin, eventId)
    for (const resolve of this.waiting.get(key) ?? []) resolve(result)
    this.waiting.delete(key)
  }
}

function waitKey(origin: ServerName, eventId: EventId): string {
  return `${origin} ${eventId}`
}
