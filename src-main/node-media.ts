import { Readable } from 'node:stream'
import type { NodeConfig } from './config.ts'
import type { EventId, ServerName, UserId } from './core/types.ts'
import { isPublicAddress } from './federation/out/addresses.ts'
import type { createMediaDownload } from './federation/out/media-download.ts'
import type { Dns } from './federation/out/dns.ts'
import { createLinkPreviews } from './link-previews/index.ts'
import { createMedia, MediaError } from './media/index.ts'
import { isOwnAddress } from './own-addresses.ts'
import { deniedServer } from './rooms/denied-server.ts'
import type { Database } from './storage/database.ts'
import { createMediaReferences } from './storage/event-media.ts'
import { createPreviewCache } from './storage/link-previews.ts'
import { MediaStore } from './storage/media-store.ts'
import type { Clock, Random } from './trace/clock.ts'
import type { Logger } from './trace/log.ts'

interface NodeMediaParts {
  readonly db: Database
  readonly dataDir: string
  readonly config: NodeConfig
  readonly serverName: ServerName
  /** Whose the pictures of link previews are. */
  readonly owner: UserId
  readonly remote: ReturnType<typeof createMediaDownload>
  readonly durable: () => Promise<void> | undefined
  readonly dns: Dns
  readonly domainAllowed: (server: ServerName) => boolean
  readonly previewsEnabled: () => boolean
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

/** Files, and the previews of links whose pictures are files. */
export function createNodeMedia(parts: NodeMediaParts) {
  const { db, config, serverName, owner, remote, dns, domainAllowed, clock, random, log } = parts
  const media = createMedia({
    dir: `${parts.dataDir}/media`,
    records: new MediaStore(db),
    references: createMediaReferences(db),
    serverName,
    random,
    clock,
    maxUploadSize: config.maxUploadSize,
    maxRemoteCache: config.maxRemoteMediaCache,
    durable: parts.durable,
    remote: {
      download(server, ...rest) {
        if (domainAllowed(server)) return remote(server, ...rest)
        return Promise.reject(new MediaError('forbidden', deniedServer(server).message))
      },
    },
  })
  const previews = createLinkPreviews({
    cache: createPreviewCache(db),
    guard: {
      resolve: (host) => dns.addresses(host),
      // This machine's own public address is a way into it, too.
      allowAddress: (address) => isPublicAddress(address) && !isOwnAddress(address),
      allowPort: (port) => port === 80 || port === 443,
    },
    savePicture: (bytes, contentType) => media.upload(Readable.from([bytes]), { contentType, userId: owner }),
    dropPicture: (uri) => media.remove(uri, owner),
    enabled: parts.previewsEnabled,
    clock,
    log,
  })
  /** Files that no message shows any more; of these events, or of all. */
  const removeUnused = (events?: readonly EventId[]): void => {
    media
      .removeUnused(events)
      .catch((error: unknown) => log.note('a file was not removed', { error: String(error) }, 'error'))
  }
  return { media, previews, removeUnused }
}
