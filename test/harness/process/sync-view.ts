export interface ClientEvent {
  readonly event_id: string
  readonly type: string
  readonly sender: string
  readonly state_key?: string
  readonly content: Readonly<Record<string, unknown>>
  readonly origin_server_ts: number
  readonly redacts?: string
  readonly unsigned?: Readonly<Record<string, unknown>>
}

export interface SyncRoom {
  readonly timeline?: {
    readonly events?: ClientEvent[]
    readonly limited?: boolean
    readonly prev_batch?: string
  }
  readonly state?: { readonly events?: ClientEvent[] }
  readonly ephemeral?: { readonly events?: { type: string; content: Record<string, unknown> }[] }
  readonly account_data?: { readonly events?: { type: string; content: Record<string, unknown> }[] }
  readonly unread_notifications?: UnreadCounts
  readonly unread_thread_notifications?: Readonly<Record<string, UnreadCounts>>
}

export interface UnreadCounts {
  readonly notification_count?: number
  readonly highlight_count?: number
}

export interface Receipt {
  readonly eventId: string
  readonly type: string
  readonly userId: string
  readonly threadId: string | undefined
}

export interface ToDeviceEvent {
  readonly type: string
  readonly sender: string
  readonly content: Record<string, unknown>
}

export interface SyncResponse {
  readonly next_batch: string
  readonly to_device?: { readonly events?: ToDeviceEvent[] }
  readonly device_lists?: { readonly changed?: string[]; readonly left?: string[] }
  readonly device_one_time_keys_count?: Readonly<Record<string, number>>
  readonly presence?: { readonly events?: { sender: string; content: Record<string, unknown> }[] }
  readonly rooms?: {
    readonly join?: Readonly<Record<string, SyncRoom>>
    readonly leave?: Readonly<Record<string, SyncRoom>>
    readonly invite?: Readonly<
      Record<string, { readonly invite_state?: { readonly events?: Omit<ClientEvent, 'event_id'>[] } }>
    >
  }
}

/** One room as its user has seen it in `/sync`, in the order in which it was shown. */
export class RoomView {
  membership: 'join' | 'invite' | 'leave' = 'join'
  readonly timeline: ClientEvent[] = []
  readonly state = new Map<string, ClientEvent>()
  /** `performance.now()` at which each event was shown. */
  readonly seenAt = new Map<string, number>()
  /** Events that `/sync` showed twice: always a fault. */
  readonly repeated: string[] = []
  private readonly filled = new Set<string>()
  /** The newest content of each type of ephemeral event. */
  readonly ephemeral = new Map<string, Record<string, unknown>>()
  inviteState: Omit<ClientEvent, 'event_id'>[] = []
  /** Every receipt that was ever shown, in order; clients keep them, as `/sync` only tells changes. */
  readonly receipts: Receipt[] = []
  readonly accountData = new Map<string, Record<string, unknown>>()
  unread: UnreadCounts = {}
  unreadThreads: Readonly<Record<string, UnreadCounts>> = {}

  /** `afresh`: the room was just joined, so `/sync` starts its timeline again and may repeat the known end of it. */
  apply(room: SyncRoom, gap: readonly ClientEvent[], now: number, afresh = false): void {
    for (const event of room.state?.events ?? []) this.setState(event)
    for (const event of room.ephemeral?.events ?? []) {
      this.ephemeral.set(event.type, event.content)
      if (event.type === 'm.receipt') this.receipts.push(...receiptsOf(event.content))
    }
    for (const event of room.account_data?.events ?? []) this.accountData.set(event.type, event.content)
    if (room.unread_notifications !== undefined) this.unread = room.unread_notifications
    // What the answer does not tell of threads is zero once the main count was told.
    if (room.unread_notifications !== undefined || room.unread_thread_notifications !== undefined)
      this.unreadThreads = room.unread_thread_notifications ?? {}
    for (const event of gap) this.filled.add(event.event_id)
    for (const event of [...gap, ...(room.timeline?.events ?? [])]) {
      if (this.seenAt.has(event.event_id)) {
        // What was read from the history to fill a gap may still come by `/sync`, once.
        if (!afresh && !this.filled.delete(event.event_id)) this.repeated.push(event.event_id)
        continue
      }
      this.seenAt.set(event.event_id, now)
      this.timeline.push(event)
      this.setState(event)
    }
  }

  has(eventId: string): boolean {
    return this.seenAt.has(eventId)
  }

  /** Text of the messages in the order shown, optionally of one sender. */
  texts(sender?: string): string[] {
    return this.timeline
      .filter((event) => event.type === 'm.room.message' && (sender === undefined || event.sender === sender))
      .map((event) => (typeof event.content['body'] === 'string' ? event.content['body'] : ''))
  }

  stateContent(type: string, stateKey = ''): Readonly<Record<string, unknown>> | undefined {
    return this.state.get(`${type}\n${stateKey}`)?.content
  }

  membershipOf(userId: string): unknown {
    return this.stateContent('m.room.member', userId)?.['membership']
  }

  private setState(event: ClientEvent): void {
    if (event.state_key !== undefined) this.state.set(`${event.type}\n${event.state_key}`, event)
  }
}

type ReceiptContent = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, { thread_id?: string }>>>>>
>

function receiptsOf(content: Record<string, unknown>): Receipt[] {
  return Object.entries(content as ReceiptContent).flatMap(([eventId, types]) =>
    Object.entries(types).flatMap(([type, users]) =>
      Object.entries(users).map(([userId, data]) => ({ eventId, type, userId, threadId: data.thread_id })),
    ),
  )
}
