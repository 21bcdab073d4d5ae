import { expect } from 'vitest'
import { RoomError } from '../../src-main/rooms/api.ts'
import { RemoteError } from '../../src-main/rooms/ports.ts'
import type { EventId, JsonObject, RoomId, RoomVersionId, UserId } from '../../src-main/core/types.ts'
import type { Faults } from './faulty-network.ts'
import { EndedError, TestNetwork, type TestNode } from './network.ts'

const NAMES = ['a.test', 'b.test', 'c.test', 'd.test', 'e.test']
const VERSIONS: readonly RoomVersionId[] = ['6', '7', '8', '9', '10', '11', '12']
const HOUR = 3_600_000

/**
 * One seeded run of bad weather: two to five servers talk, quarrel, come and go in one room, while the network
 * does everything to them that a network can do, clocks jump by hours, and servers start anew. What it
 * did is in `diary`, for the one who reads a failure.
 */
export class Storm {
  readonly network: TestNetwork
  readonly nodes: TestNode[]
  readonly roomId: RoomId
  readonly diary: string[] = []
  /** What was acknowledged to its sender. */
  readonly said = new Map<EventId, TestNode>()
  /** Servers that were out of the room for a while: what was said then they have only after scrolling back. */
  readonly wereOut = new Set<TestNode>()
  private readonly users: UserId[]
  private underway: { node: TestNode; ended: Promise<unknown> }[] = []

  private constructor(network: TestNetwork, nodes: TestNode[], users: UserId[], roomId: RoomId) {
    this.network = network
    this.nodes = nodes
    this.users = users
    this.roomId = roomId
  }

  static async gather(seed: number): Promise<Storm> {
    const network = await TestNetwork.start(seed, ...NAMES.slice(0, 2 + (seed % 4)))
    const nodes = [...network.nodes.values()]
    const users = nodes.flatMap((node) => [node.user('one'), node.user('two')])
    const [first, ...others] = nodes as [TestNode, ...TestNode[]]
    const [creator] = users as [UserId]
    const roomId = await first.rooms.createRoom({
      creator,
      preset: 'public_chat',
      roomVersion: VERSIONS[seed % VERSIONS.length],
    })
    for (const node of others) {
      const user = node.user('one')
      await network.during(node.rooms.joinRoom({ user, room: roomId, via: [first.name] }))
      await network.settle()
    }
    const levels = first.store.currentStateEvent(roomId, 'm.room.power_levels', '')?.pdu.content ?? {}
    const others100 = Object.fromEntries(others.map((node) => [node.user('one'), 50 + 25 * (seed % 3)]))
    const content = { ...levels, users: { ...(levels['users'] as JsonObject), ...others100 } }
    await first.rooms.sendEvent({
      roomId,
      sender: creator,
      type: 'm.room.power_levels',
      stateKey: '',
      content,
    })
    await network.settle()
    return new Storm(network, nodes, users, roomId)
  }

  async rage(steps: number): Promise<void> {
    const { network } = this
    const { random } = network
    for (let step = 0; step < steps; step++) {
      if (step % 10 === 0) this.weather()
      const actor = this.pick(this.users)
      await this.act(actor, step)
      await network.run(random.next() * 1_500)
      for (const node of this.nodes) {
        if (node.store.getRoom(this.roomId)?.participating !== true) this.wereOut.add(node)
      }
    }
  }

  /** The sun comes out: everything that was begun ends, and everybody says a last word. Clocks stay wrong. */
  async calm(): Promise<void> {
    const { network, roomId } = this
    network.wire.heal()
    await network.during(Promise.all(this.underway.map(({ ended }) => ended)))
    await this.settle()
    for (const user of this.users) {
      const node = this.nodeOf(user)
      if (
        node.membership(roomId, user) !== 'join' ||
        node.store.localMembership(user, roomId)?.membership !== 'join'
      )
        continue
      await node.text(roomId, user, `last word of ${user}`)
      await this.settle()
    }
  }

  /** All that are in the room agree on it, and nothing that was acknowledged is missing anywhere. */
  async check(): Promise<void> {
    const { network, roomId } = this
    const inside = this.inside()
    const [first, ...others] = inside
    if (first === undefined) return
    for (const node of others) {
      const between = `${first.name} and ${node.name}`
      expect(node.state(roomId), `state of ${between}`).toEqual(first.state(roomId))
      expect(node.store.forwardExtremities(roomId), `ends of ${between}`).toEqual(
        first.store.forwardExtremities(roomId),
      )
    }
    // History that nobody gave in the storm is asked for again only after a while.
    await network.run(2 * 60_000)
    for (const node of inside) {
      while (await network.during(node.rooms.backfill(roomId, undefined, 100))) await this.settle()
      for (const [id, author] of this.said) {
        if (!inside.includes(author) && !node.store.getEvent(id)) continue
        const status = node.store.getEvent(id)?.status ?? 'missing'
        expect(status, `${id} of ${author.name} on ${node.name}`).toMatch(/^(accepted|soft-failed)$/)
      }
    }
  }

  /**
   * The servers that take each other for being in the room. Whom the others put out while it came back by
   * another door has another view of it until somebody lets it in again: that is the protocol's.
   */
  private inside(): TestNode[] {
    const { roomId } = this
    const isIn = (node: TestNode): boolean => node.store.getRoom(roomId)?.participating === true
    const participating = this.nodes.filter(isIn)
    return participating.filter((node) =>
      participating.every((other) => other.store.joinedServers(roomId).includes(node.name)),
    )
  }

  private async settle(): Promise<void> {
    await this.network.settle(() => {
      const inside = this.inside()
      return this.nodes.filter((node) => !inside.includes(node))
    })
  }

  private async act(user: UserId, step: number): Promise<void> {
    const { network, roomId } = this
    const node = this.nodeOf(user)
    const { random } = network
    const other = this.pick(this.users)
    const send = (type: string, content: JsonObject, stateKey?: string) =>
      this.attempt(`${user} ${type}`, node, () =>
        node.rooms.sendEvent({
          roomId,
          sender: user,
          type,
          content,
          ...(stateKey === undefined ? {} : { stateKey }),
        }),
      )
    const target = { roomId, sender: user, target: other }
    const inside = node.membership(roomId, user) === 'join'
    const roll = inside || random.next() < 0.1 ? random.next() : 0.72 + random.next() * 0.28
    if (roll < 0.4) await send('m.room.message', { msgtype: 'm.text', body: `message ${step}` })
    else if (roll < 0.48) await send('m.room.topic', { topic: `topic ${step}` }, '')
    else if (roll < 0.56) await this.changeLevels(node, user, other, send)
    else if (roll < 0.6) await this.attempt(`${user} bans ${other}`, node, () => node.rooms.banUser(target))
    else if (roll < 0.63)
      await this.attempt(`${user} unbans ${other}`, node, () => node.rooms.unbanUser(target))
    else if (roll < 0.66)
      await this.attempt(`${user} kicks ${other}`, node, () => node.rooms.kickUser(target))
    else if (roll < 0.69) this.begin(`${user} leaves`, node, () => node.rooms.leaveRoom({ user, roomId }))
    else if (roll < 0.77) this.join(node, user)
    else if (roll < 0.8) this.begin(`${user} invites ${other}`, node, () => node.rooms.inviteUser(target))
    else if (roll < 0.84) await this.redact(node, user)
    else await this.disturb(random.next(), node)
  }

  private async changeLevels(
    node: TestNode,
    user: UserId,
    other: UserId,
    send: (type: string, content: JsonObject, stateKey: string) => Promise<void>,
  ): Promise<void> {
    const now = node.store.currentStateEvent(this.roomId, 'm.room.power_levels', '')?.pdu.content ?? {}
    const level = this.pick([0, 10, 50, 75, 100])
    const users = {
      ...(now['users'] as JsonObject),
      [this.network.random.next() < 0.2 ? user : other]: level,
    }
    await send('m.room.power_levels', { ...now, users }, '')
  }

  private async redact(node: TestNode, user: UserId): Promise<void> {
    const [target] = [...this.said].filter(([, author]) => author === node).at(-1) ?? []
    if (target === undefined) return
    await this.attempt(`${user} redacts ${target}`, node, () =>
      node.rooms.redactEvent({ roomId: this.roomId, sender: user, target }),
    )
  }

  private join(node: TestNode, user: UserId): void {
    // Who has not yet told the others that it left, and comes back through one of them, is both for them.
    if (node.store.getRoom(this.roomId)?.participating !== true && node.outbox.destinations().length > 0)
      return
    const via = this.nodes.filter((each) => each !== node).map((each) => each.name)
    this.begin(`${user} joins`, node, () =>
      node.rooms.joinRoom({ user, room: this.roomId, via: [this.pick(via), ...via] }),
    )
  }

  /** What happens to a network and to machines. */
  private async disturb(roll: number, node: TestNode): Promise<void> {
    const { network } = this
    const other = this.pick(this.nodes)
    if (roll < 0.35 && other !== node) {
      this.diary.push(`${node.name} and ${other.name} are apart`)
      network.wire.partition(node.name, other.name)
    } else if (roll < 0.5 && other !== node) {
      this.diary.push(`${node.name} and ${other.name} are half open`)
      network.wire.halfOpen(node.name, other.name)
    } else if (roll < 0.75) {
      this.diary.push('all are connected')
      network.wire.reconnect()
    } else if (roll < 0.9) {
      node.clock.offset = Math.round((network.random.next() - 0.5) * 12 * HOUR)
      this.diary.push(`the clock of ${node.name} is off by ${node.clock.offset} ms`)
    } else {
      this.diary.push(`${node.name} starts anew`)
      await node.startAnew()
      // What it was about nobody waits for any more.
      this.underway = this.underway.filter((each) => each.node !== node)
    }
  }

  private weather(): void {
    const { random } = this.network
    const some = (most: number): number => (random.next() < 0.5 ? 0 : random.next() * most)
    const faults: Faults = {
      lose: some(0.3),
      loseAnswer: some(0.3),
      delay: some(3_000),
      repeat: some(0.3),
      duplicate: some(0.3),
      reorder: some(0.3),
      truncate: some(0.2),
      slow: some(0.1),
    }
    Object.assign(this.network.wire.faults, faults)
    this.diary.push(`weather ${JSON.stringify(faults)}`)
  }

  /** Done at once, or refused. */
  private async attempt(what: string, node: TestNode, action: () => Promise<unknown>): Promise<void> {
    try {
      const result = await this.network.during(action())
      if (typeof result === 'string') this.said.set(result as EventId, node)
      this.diary.push(what)
    } catch (error) {
      if (!(error instanceof RoomError)) throw error
      this.diary.push(`${what}: ${error.message}`)
    }
  }

  /** Goes on while the storm does: it needs other servers. */
  private begin(what: string, node: TestNode, action: () => Promise<unknown>): void {
    const ended = action().then(
      () => this.diary.push(what),
      (error: unknown) => {
        if (!(error instanceof RoomError || error instanceof RemoteError || error instanceof EndedError))
          throw error
        this.diary.push(`${what}: ${error.message}`)
      },
    )
    this.underway.push({ node, ended })
  }

  private nodeOf(user: UserId): TestNode {
    return this.network.node(user.slice(user.indexOf(':') + 1))
  }

  private pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.network.random.next() * from.length)] as T
  }
}
