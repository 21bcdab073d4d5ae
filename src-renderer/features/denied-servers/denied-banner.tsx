import { ShieldBan } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { RoomDetail } from '../../client/types.ts'
import { listNames } from '../../model/text.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Banner } from '../../ui/banner.tsx'

/** Why some people of a room are neither heard nor reached: the settings of one's own Hearth. */
export function DeniedBanner({ room }: { room: RoomDetail }) {
  const { client } = useServices()
  const version = useReadable(client.serverRulesVersion)
  const [denied, setDenied] = useState<readonly string[]>([])
  useEffect(() => {
    let current = true
    client
      .deniedServers(room.id)
      .then((servers) => current && setDenied(servers))
      .catch((error: unknown) => console.warn('The servers of the room could not be asked', error))
    return () => {
      current = false
    }
  }, [client, room.id, room.memberCount, version])
  if (denied.length === 0) return null
  const isDenied = (userId: string): boolean => denied.some((server) => userId.endsWith(`:${server}`))
  const people = room.members.filter((member) => isDenied(member.userId)).map((member) => member.name)
  return (
    <Banner tone="warn" icon={<ShieldBan aria-hidden="true" />}>
      The settings of this Hearth do not allow the {denied.length === 1 ? 'server' : 'servers'} of{' '}
      {listNames(people.length > 0 ? people : denied)}. You do not see what they write, and your messages wait
      for them.
    </Banner>
  )
}
