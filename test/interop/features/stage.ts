import type { CertificateAuthority } from '../../harness/process/certificates.ts'
import { MatrixUser, type ServerAddress } from '../../harness/process/matrix-user.ts'
import type { ClientEvent } from '../../harness/process/sync-view.ts'
import { until } from '../../harness/process/wait.ts'

export const CLIENT = '/_matrix/client/v3'

export interface StageServer extends ServerAddress {
  readonly serverName: string
  stop(): Promise<void>
  start(): Promise<void>
}

/** Who acts, who sees it, and another. */
export type StageServers = readonly [from: StageServer, to: StageServer, third: StageServer]

let names = 0

/** Somebody new on `server`, who syncs as a full client does. */
async function newUser(server: StageServer): Promise<MatrixUser> {
  const user = await MatrixUser.register(server, `person${++names}`)
  await user.startSync({ threads: true, presence: true })
  return user
}

/**
 * Where one feature is shown: `from` does it on one server, and `to` on another sees it arrive. The two
 * are shared by the features of a direction; each feature makes itself a room. `thirdServer` is for what
 * two servers do about another.
 */
export class Stage {
  readonly fromServer: StageServer
  readonly toServer: StageServer
  readonly thirdServer: StageServer
  /** What the servers trust. */
  readonly certificates: CertificateAuthority
  readonly from: MatrixUser
  readonly to: MatrixUser
  private readonly opened: MatrixUser[]

  private constructor(
    servers: StageServers,
    certificates: CertificateAuthority,
    from: MatrixUser,
    to: MatrixUser,
  ) {
    this.certificates = certificates
    ;[this.fromServer, this.toServer, this.thirdServer] = servers
    this.from = from
    this.to = to
    this.opened = [from, to]
  }

  static async open(servers: StageServers, certificates: CertificateAuthority): Promise<Stage> {
    const [fromServer, toServer] = servers
    return new Stage(servers, certificates, await newUser(fromServer), await newUser(toServer))
  }

  async close(): Promise<void> {
    await Promise.all(this.opened.map(async (user) => await user.close()))
  }

  /** The same with two people of its own, for what belongs to a person and not to a room. */
  async withNewPeople(): Promise<Stage> {
    const stage = await Stage.open([this.fromServer, this.toServer, this.thirdServer], this.certificates)
    this.opened.push(stage.from, stage.to)
    return stage
  }

  /** Somebody new on the third server, syncing. */
  async thirdPerson(): Promise<MatrixUser> {
    const person = await newUser(this.thirdServer)
    this.opened.push(person)
    return person
  }

  /** Another device of `who`, syncing. */
  async secondDevice(who: MatrixUser, server: StageServer): Promise<MatrixUser> {
    const localpart = /^@([^:]+):/.exec(who.userId)?.[1] ?? ''
    const device = await MatrixUser.login(server, localpart)
    this.opened.push(device)
    await device.startSync({ threads: true, presence: true })
    return device
  }

  /** A room that `from` made and both are in. */
  async room(body: object = {}): Promise<string> {
    const { from, to } = this
    const room = await from.createRoom({ preset: 'private_chat', invite: [to.userId], ...body })
    await to.waitFor('the invite', () => to.room(room).membership === 'invite')
    await to.join(room)
    await to.waitFor('the room', () => to.room(room).membership === 'join')
    await from.waitFor('the join', () => from.room(room).membershipOf(to.userId) === 'join')
    return room
  }

  /** A public room of `from` in which something was said, and which `to` has not joined. */
  async publicRoom(texts: readonly string[] = []): Promise<{ room: string; ids: string[] }> {
    const room = await this.from.createRoom({ preset: 'public_chat' })
    const ids: string[] = []
    for (const text of texts) ids.push(await this.from.say(room, text))
    return { room, ids }
  }

  /** Waits until `reader` was shown the event by `/sync`, and gives it as it was shown. */
  async shown(room: string, eventId: string, reader = this.to): Promise<ClientEvent> {
    await reader.waitFor(`the event ${eventId}`, () => reader.room(room).has(eventId))
    const event = reader.room(room).timeline.find((one) => one.event_id === eventId)
    if (event === undefined) throw new Error(`${eventId} is in no timeline`)
    return event
  }

  /** Sends a message of `from` and gives what `to` was shown. */
  async sent(room: string, content: object, type = 'm.room.message'): Promise<ClientEvent> {
    return await this.shown(room, await this.from.sendEvent(room, type, content))
  }
}

/** Asks again until `probe` stops throwing, for what is worked out a moment after an event came. */
export async function eventually<T>(what: string, probe: () => Promise<T> | T): Promise<T> {
  return (await until(what, async () => ({ value: await probe() }), 15_000, 50)).value
}

/** A footnote. */
export const ONLY_AFTER_PAGING =
  'Synapse shows what was said before one came only after the client has paged back to it.'

/** Tells the others in the room that `who` is typing, or no longer. */
export async function type(who: MatrixUser, room: string, typing = true): Promise<void> {
  const path = `${roomPath(room)}/typing/${encodeURIComponent(who.userId)}`
  await who.call('PUT', path, { body: typing ? { typing, timeout: 30_000 } : { typing } })
}

/** Whether `reader` sees `who` typing. */
export function types(who: MatrixUser, room: string, reader: MatrixUser): boolean {
  return JSON.stringify(reader.room(room).ephemeral.get('m.typing') ?? {}).includes(who.userId)
}

export const roomPath = (room: string) => `${CLIENT}/rooms/${encodeURIComponent(room)}`
export const relationsPath = (room: string, eventId: string, ...rest: string[]) =>
  ['/_matrix/client/v1/rooms', room, 'relations', eventId, ...rest]
    .map((part, at) => (at === 0 ? part : encodeURIComponent(part)))
    .join('/')

/** The events that refer to `eventId`, as `reader`'s server knows them. */
export async function relationsOf(
  reader: MatrixUser,
  room: string,
  eventId: string,
  ...rest: string[]
): Promise<ClientEvent[]> {
  return (await reader.call<{ chunk: ClientEvent[] }>('GET', relationsPath(room, eventId, ...rest))).chunk
}

/** What the server gathered about an event, such as its newest edit or its thread. */
export function gathered(event: ClientEvent, type: string): Record<string, unknown> {
  const relations = (event.unsigned?.['m.relations'] ?? {}) as Record<string, Record<string, unknown>>
  const found = relations[type]
  if (found === undefined) throw new Error(`${event.event_id} comes without its ${type}`)
  return found
}
