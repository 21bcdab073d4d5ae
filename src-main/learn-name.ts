import type { ServerName, UserId } from './core/types.ts'
import type { PeerTable } from './federation/discovery/index.ts'
import type { Remote } from './rooms/remote-ports.ts'
import type { Logger } from './trace/log.ts'

const LONGEST_NAME = 200

/** A peer that discovery does not find says no name by discovery; its owner's profile is asked for instead. */
export async function learnName(
  peers: PeerTable,
  remote: Pick<Remote, 'queryProfile'>,
  server: ServerName,
  log: Logger,
): Promise<void> {
  const known = peers.list().find((peer) => peer.server_name === server)
  if (known === undefined || known.display_name !== undefined || known.source === 'mdns') return
  try {
    const { displayname } = await remote.queryProfile(server, `@owner:${server}` as UserId, 'displayname')
    if (typeof displayname === 'string' && displayname !== '')
      peers.named(server, displayname.slice(0, LONGEST_NAME))
  } catch (error) {
    log.note('no name of a peer', { server, error: String(error) }, 'info')
  }
}
