import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { makeCertificates, type CertificateAuthority } from '../harness/process/certificates.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { repositoryRoot } from '../harness/process/scratch.ts'
import { startSynapse, type SynapseProcess } from '../harness/process/synapse.ts'
import { inParallel } from './parallel.ts'
import { buildQuarrels } from './quarrels.ts'

/** A room that stands on Synapse. */
export interface BuiltRoom {
  readonly what: string
  readonly roomId: string
  /** Everything that a reader must come by, but for the state events of its making. */
  readonly events: readonly string[]
}

export interface RoomsOnSynapse {
  readonly synapse: SynapseProcess
  readonly certificates: CertificateAuthority
  /** Was there all the while, in every room. */
  readonly alice: MatrixUser
  readonly rooms: readonly BuiltRoom[]
}

const builtSchema = z.array(z.object({ what: z.string(), roomId: z.string(), events: z.array(z.string()) }))
const SPEAKERS = 20
const ROUNDS = 100

/**
 * A Synapse with a room of many members and events, and rooms whose power levels were quarrelled about. To build
 * them takes minutes, so they are kept in `.cache/` and used again.
 */
export async function roomsOnSynapse(
  size: { members: number; events: number },
  say: (text: string) => void,
): Promise<RoomsOnSynapse> {
  const folder = join(repositoryRoot, '.cache', `rooms-on-synapse-${size.members}-${size.events}`)
  mkdirSync(join(folder, 'authority'), { recursive: true })
  // Anew each time, as they are valid for days only; their names stay.
  const certificates = makeCertificates(join(folder, 'authority'))
  const synapse = await startSynapse({ certificates, folder })
  const list = join(folder, 'rooms.json')
  if (existsSync(list)) {
    const rooms = builtSchema.parse(JSON.parse(readFileSync(list, 'utf8')))
    return { synapse, certificates, alice: await MatrixUser.login(synapse, 'alice'), rooms }
  }
  const alice = await MatrixUser.register(synapse, 'alice')
  const rooms: BuiltRoom[] = []
  for (const version of ['11', '12'] as const) {
    say(`${ROUNDS} quarrels about power in a room of version ${version}`)
    rooms.push(await buildQuarrels(synapse, certificates, alice, version, ROUNDS))
  }
  rooms.push(await buildLarge(synapse, alice, size, say))
  writeFileSync(list, JSON.stringify(rooms))
  return { synapse, certificates, alice, rooms }
}

async function buildLarge(
  synapse: SynapseProcess,
  alice: MatrixUser,
  { members, events }: { members: number; events: number },
  say: (text: string) => void,
): Promise<BuiltRoom> {
  const roomId = await alice.createRoom({ preset: 'public_chat', name: 'A large room' })
  const speakers = await inParallel(SPEAKERS, (n) => comeIn(synapse, roomId, n))
  // Synapse works through its members with each message, so most of them come when most has been said.
  const messages = events - members
  const late = Math.min(200, messages)
  const text = (n: number): string => `message ${n}: ${'so it goes in a large room. '.repeat(1 + (n % 4))}`
  let done = 0
  const talk = async (n: number): Promise<string> => {
    if (++done % 2_000 === 0) say(`${done} messages`)
    return await (speakers[n % SPEAKERS] ?? alice).say(roomId, text(n))
  }
  const early = await inParallel(messages - late, talk)
  say(`${members} members`)
  await inParallel(members - SPEAKERS - 1, async (n) => {
    await (await comeIn(synapse, roomId, SPEAKERS + n)).close()
  })
  const ids = [...early, ...(await inParallel(late, talk))]
  await Promise.all(speakers.map((speaker) => speaker.close()))
  return { what: `${members} members, ${events} events`, roomId, events: ids }
}

async function comeIn(synapse: SynapseProcess, roomId: string, n: number): Promise<MatrixUser> {
  const user = await MatrixUser.register(synapse, `member-${n}`)
  await user.join(roomId)
  return user
}
