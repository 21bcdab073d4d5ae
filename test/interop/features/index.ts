import { account } from './account.ts'
import { acls } from './acls.ts'
import { deniedDomains } from './denied-domains.ts'
import { encryption } from './encryption.ts'
import type { Feature } from './feature.ts'
import { files } from './files.ts'
import { finding } from './finding.ts'
import { history } from './history.ts'
import { messages } from './messages.ts'
import { people } from './people.ts'
import { policyServers } from './policy-servers.ts'
import { reading } from './reading.ts'
import { rooms } from './rooms.ts'
import { roomsElsewhere } from './rooms-elsewhere.ts'
import { servers } from './servers.ts'
import { thirdPartyInvites } from './third-party-invites.ts'
import { threads } from './threads.ts'

/** In the order of the table. */
export const features: readonly Feature[] = [
  ...messages,
  ...threads,
  ...reading,
  ...files,
  ...finding,
  ...history,
  ...rooms,
  ...roomsElsewhere,
  ...people,
  ...thirdPartyInvites,
  ...account,
  ...encryption,
  ...servers,
  ...acls,
  ...deniedDomains,
  ...policyServers,
]
