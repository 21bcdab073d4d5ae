import { startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { freePort, scratchFolder } from '../harness/process/scratch.ts'

const place = async () => ({
  dataDir: scratchFolder('node'),
  clientListen: `127.0.0.1:${await freePort()}`,
  federationListen: `127.0.0.1:${await freePort()}`,
})

/** Two nodes that know each other by address: multicast on a shared machine would find others' nodes too. */
export async function startTwo(): Promise<[HearthProcess, HearthProcess]> {
  const places = [await place(), await place()] as const
  const named = await Promise.all(
    places.map(async (options) => await startHearth({ ...options, args: ['--no-mdns'] })),
  )
  const names = named.map((node) => node.serverName)
  await Promise.all(named.map(async (node) => await node.stop()))
  const start = async (own: 0 | 1, other: 0 | 1) =>
    await startHearth({
      ...places[own],
      args: ['--no-mdns', '--peer', `${names[other]}=${places[other].federationListen}`],
    })
  return await Promise.all([start(0, 1), start(1, 0)])
}

/** A node that finds nobody by itself. */
export async function startHidden(): Promise<HearthProcess> {
  return await startHearth({ ...(await place()), args: ['--no-mdns'] })
}
