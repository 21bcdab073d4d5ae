import { roomsMigration } from './0001-rooms.ts'
import { accountsMigration } from './0002-accounts.ts'
import { federation } from './0003-federation.ts'
import { mediaMigration } from './0004-media.ts'
import { deliveryMigration } from './0005-delivery.ts'
import { relationsAndSearch } from './0006-relations-and-search.ts'
import { mediaUse } from './0007-media-use.ts'
import { eventMedia } from './0008-event-media.ts'
import { redactedThreads } from './0009-redacted-threads.ts'
import { skippedMigration } from './0010-skipped.ts'
import { domainMigration } from './0011-domain.ts'
import { encryptionMigration } from './0012-encryption.ts'
import { removals } from './0013-removals.ts'
import { pendingLeaves } from './0014-pending-leaves.ts'
import { reportsMigration } from './0015-reports.ts'
import { roomGraph } from './0016-room-graph.ts'
import { lostMessages } from './0017-lost-messages.ts'
import { inspectorMigration } from './0018-inspector.ts'
import { refusals } from './0019-refusals.ts'
import { fewerPages } from './0020-fewer-pages.ts'
import { strangersMessages } from './0021-strangers-messages.ts'
import { keptPlaces } from './0022-kept-places.ts'
import { largeMessages } from './0023-large-messages.ts'

/** Numbered, forward only. A released migration is never edited. */
export interface Migration {
  readonly id: number
  readonly name: string
  readonly sql: string
}

export const migrations: readonly Migration[] = [
  roomsMigration,
  accountsMigration,
  federation,
  mediaMigration,
  deliveryMigration,
  relationsAndSearch,
  mediaUse,
  eventMedia,
  redactedThreads,
  skippedMigration,
  domainMigration,
  encryptionMigration,
  removals,
  pendingLeaves,
  reportsMigration,
  roomGraph,
  lostMessages,
  inspectorMigration,
  refusals,
  fewerPages,
  strangersMessages,
  keptPlaces,
  largeMessages,
]
