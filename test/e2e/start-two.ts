import { BadLine } from '../harness/process/bad-line.ts'
import { startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { freePort, scratchFolder } from '../harness/process/scratch.ts'

const place = async (host = '127.0.0.1') => {
  const federationPort = await freePort()
  return {
    dataDir: scratchFolder('node'),
    clientListen: `127.0.0.1:${await freePort()}`,
    federationListen: `${host}:${federationPort}`,
    federationPort,
  }
}

/** Two nodes that know each other by address: multicast on a shared machine would find others' nodes too. */
export async function startTwo(args: readonly string[] = []): Promise<[HearthProcess, HearthProcess]> {
  const { nodes } = await startTwoBy(
    async ({ federationListen }) => await Promise.resolve(federationListen),
    args,
  )
  return nodes
}

/**
 * Another address of this machine (Linux): nodes remember where a connection came from, and dial that host at
 * the other's port; there the line has to be, and not the node.
 */
const FAR = '127.0.0.2'

/** As {@link startTwo}; each dials the other over a line that a test can make bad, `lines[0]` leading to the first. */
export async function startTwoApart(): Promise<{
  nodes: [HearthProcess, HearthProcess]
  lines: [BadLine, BadLine]
}> {
  const lines: BadLine[] = []
  const { nodes } = await startTwoBy(
    async ({ federationPort }) => {
      const line = new BadLine(federationPort, FAR)
      lines.push(line)
      return `127.0.0.1:${await line.listen(federationPort)}`
    },
    [],
    FAR,
  )
  const [toFirst, toSecond] = lines
  if (toFirst === undefined || toSecond === undefined) throw new Error('A line is missing')
  return { nodes, lines: [toFirst, toSecond] }
}

/** `addressOf` says where each is dialled; it is asked in order. */
async function startTwoBy(
  addressOf: (place: { federationListen: string; federationPort: number }) => Promise<string>,
  args: readonly string[] = [],
  host?: string,
): Promise<{ nodes: [HearthProcess, HearthProcess] }> {
  const places = [await place(host), await place(host)] as const
  const addresses = [await addressOf(places[0]), await addressOf(places[1])] as const
  const named = await Promise.all(
    places.map(async (options) => await startHearth({ ...options, args: ['--no-mdns'] })),
  )
  const names = named.map((node) => node.serverName)
  await Promise.all(named.map(async (node) => await node.stop()))
  const start = async (own: 0 | 1, other: 0 | 1) =>
    await startHearth({
      ...places[own],
      args: ['--no-mdns', '--peer', `${names[other]}=${addresses[other]}`, ...args],
    })
  return { nodes: await Promise.all([start(0, 1), start(1, 0)]) }
}

/** A node that finds nobody by itself. */
export async function startHidden(): Promise<HearthProcess> {
  return await startHearth({ ...(await place()), args: ['--no-mdns'] })
}
