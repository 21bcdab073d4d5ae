import { ShieldBan } from 'lucide-react'
import type { RoomDetail } from '../../client/types.ts'
import { describeDeniedBy } from '../../model/people.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Banner } from '../../ui/banner.tsx'

/** The other side of `DeniedBanner`: the settings of other people's servers do not allow this Hearth. */
export function DeniedByBanner({ room }: { room: RoomDetail }) {
  const { client } = useServices()
  const words = describeDeniedBy(useReadable(client.nearby), room)
  if (words === undefined) return null
  return (
    <Banner tone="warn" icon={<ShieldBan aria-hidden="true" />}>
      {words}
    </Banner>
  )
}
