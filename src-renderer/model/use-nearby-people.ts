import { nearbyPeople, type NearbyPerson } from './people.ts'
import { useReadable, useServices } from './use-client.ts'
import { useNow } from './use-now.ts'

/** People to show as nearby, under the names by which the rooms know those who announce none. */
export function useNearbyPeople(): NearbyPerson[] {
  const { client } = useServices()
  const nearby = useReadable(client.nearby)
  const rooms = useReadable(client.rooms)
  return nearbyPeople(nearby, rooms, useNow(), client.personOf)
}
