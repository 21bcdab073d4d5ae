import type { JsonObject, ServerName } from '../../core/types.ts'
import type { Clock, Random } from '../../trace/clock.ts'
import type { Logger } from '../../trace/log.ts'
import type { Dialled } from './dialled.ts'
import type { OutboxStore, OutboxTransaction } from './ports.ts'
import type { SignedClient } from './signed-client.ts'

export interface OutboxDeps {
  readonly store: OutboxStore
  readonly client: SignedClient
  readonly origin: ServerName
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly domainAllowed: (server: ServerName) => boolean
  /** Something arrived at this destination, was refused by it, or could not be sent. Must not throw. */
  readonly onProgress?: ((destination: ServerName) => void) | undefined
  /** The destination takes transactions again. Must not throw. */
  readonly onBack?: ((destination: ServerName) => void) | undefined
  /** How an attempt to reach a destination ended. Must not throw. */
  readonly onDialled?: ((destination: ServerName, reached: boolean) => void) | undefined
  /** An attempt has not been answered for some seconds. Must not throw. */
  readonly onSlow?: ((destination: ServerName) => void) | undefined
  /** The destination cannot ask this server for what lies before an event: it is to be sent everything. */
  readonly cannotAsk?: ((destination: ServerName) => boolean) | undefined
}

export interface DestinationStatus {
  readonly destination: ServerName
  readonly queuedPdus: number
  readonly queuedEdus: number
  readonly sending: boolean
  readonly failures: number
  readonly retryAt: number | undefined
  /** A sentence for people. */
  readonly lastError: string | undefined
  /** When the first of the failures in a row was. */
  readonly since: number | undefined
  /** In this run. */
  readonly lastAttempt: number | undefined
  /** It is there, and nothing is sent before `retryAt` because it asked for that. */
  readonly asksToWait: boolean
  /** It cannot be dialled, and comes for what waits by itself. */
  readonly collects: boolean
}

/** Sends what the store holds for each destination, in order, until it has arrived. */
export interface Outbox {
  /** Takes up what an earlier run left. */
  start(): void
  /**
   * Something was queued for these in the transaction that is open: their transactions are recorded in it. What it
   * answers sends them, and is to be called after the commit instead of `wake`; not at all when it is undone.
   */
  begin(destinations: readonly ServerName[]): () => void
  /** Something was queued for these. */
  wake(destinations: readonly ServerName[]): void
  /** The destination seems reachable (discovered, wrote to us, asked for by hand): tries now. */
  resetBackoff(destination: ServerName): void
  /** As `resetBackoff` for all: the network changed. */
  resetAll(): void
  /** An EDU that is worth nothing later (typing): kept in memory, dropped where the destination is away. */
  sendEphemeral(destinations: readonly ServerName[], edu: JsonObject, key: string): void
  /**
   * For a destination that cannot be dialled and asks by itself: the next transaction, when there is one
   * within `timeoutMs`. The same comes again until `collected` says that it has arrived.
   */
  collect(
    destination: ServerName,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<OutboxTransaction | undefined>
  /** It asks by itself, and has not stopped. */
  collects(destination: ServerName): boolean
  /** The destination can be dialled: what waits for it is sent, as to others. */
  endCollecting(destination: ServerName): void
  /** What the destination answers to the transaction that it collected. */
  collected(destination: ServerName, txnId: string, answer: JsonObject): void
  /** Whether the destination could be dialled, when it was last tried. */
  readonly dialled: Dialled
  /** PDUs and EDUs not yet acknowledged by the destination. */
  queuedFor(destination: ServerName): number
  /** Why what is queued for this destination has not arrived, in words for people; undefined while it is under way. */
  troubleWith(destination: ServerName): string | undefined
  status(): DestinationStatus[]
  /**
   * Somebody asks for it by hand: tries at once, but where the destination asked to wait, and resolves when
   * everything has arrived or an attempt has failed.
   */
  retryNow(destination: ServerName): Promise<void>
  /** Resolves when nothing is being sent; destinations in back-off are not waited for. */
  idle(): Promise<void>
  stop(): Promise<void>
}
