import { setImmediate } from 'node:timers/promises'
import { roomVersionRules } from '../../src-main/core/room-versions.ts'
import {
  createSigner,
  requiredSigners,
  signatureKeyIds,
  signaturesReady,
  verifyPduSignature,
} from '../../src-main/core/signatures.ts'
import { splitStateKey } from '../../src-main/core/types.ts'
import type {
  EventId,
  JsonObject,
  KeyId,
  Pdu,
  RoomId,
  ServerName,
  Signer,
  UserId,
} from '../../src-main/core/types.ts'
import type { OutboxStore } from '../../src-main/federation/out/ports.ts'
import { headsFor } from '../../src-main/rooms/heads-for.ts'
import { withServedHistory } from '../../src-main/served-history.ts'
import { createRooms, type PresenceMode, type Rooms } from '../../src-main/rooms/index.ts'
import { RoomError } from '../../src-main/rooms/api.ts'
import { RemoteError, type RoomStore } from '../../src-main/rooms/ports.ts'
import type { EventVerifier, Remote } from '../../src-main/rooms/remote-ports.ts'
import { openMemoryDatabase, type Database } from '../../src-main/storage/database.ts'
import type { AccountStore } from '../../src-main/client-api/ports.ts'
import type { Keys } from '../../src-main/keys/api.ts'
import { createAccountStore } from '../../src-main/storage/accounts/index.ts'
import { createOutboxStore } from '../../src-main/storage/outbox.ts'
import { createRoomStore } from '../../src-main/storage/room-store.ts'
import { Logger, type LogItem } from '../../src-main/trace/log.ts'
import { FakeClock, SkewedClock, seededRandom } from './clock.ts'
import { FaultyNetwork, roundTrip } from './faulty-network.ts'
import { keysOf } from './keys.ts'

/** Servers in one process: real stores, signatures and rooms; between them a network that a test breaks. */
export class TestNetwork {
  readonly clock = new FakeClock()
  readonly random
  readonly wire: FaultyNetwork
  readonly nodes = new Map<ServerName, TestNode>()

  private constructor(seed: number) {
    this.random = seededRandom(seed)
    this.wire = new FaultyNetwork(this.clock, this.random)
  }

  static async start(seed: number, ...names: string[]): Promise<TestNetwork> {
    await signaturesReady()
    const network = new TestNetwork(seed)
    for (const name of names) network.nodes.set(name as ServerName, new TestNode(network, name as ServerName))
    return network
  }

  node(name: string): TestNode {
    const node = this.nodes.get(name as ServerName)
    if (node === undefined) throw new Error(`there is no ${name}`)
    return node
  }

  /** Runs the nodes for this long, in fake time. */
  async run(ms: number): Promise<void> {
    const end = this.clock.now() + ms
    while (this.clock.now() < end) {
      await this.turn()
      this.clock.step(Math.min(100, end - this.clock.now()))
    }
    await this.turn()
  }

  /**
   * Runs the nodes until nothing is queued, staged or under way; fails after two hours of fake time. What waits
   * at nodes that are `left out` is not waited for.
   */
  async settle(leftOut: () => readonly TestNode[] = () => []): Promise<void> {
    const end = this.clock.now() + 2 * 3_600_000
    for (let quiet = 0; quiet < 3;) {
      await this.turn()
      quiet = this.isQuiet(leftOut()) ? quiet + 1 : 0
      if (this.clock.now() > end) throw new Error('the network does not settle')
      this.clock.step(500)
    }
  }

  /** Awaits `work` while fake time goes on. */
  async during<T>(work: Promise<T>): Promise<T> {
    let done = false
    const finished = work.finally(() => {
      done = true
    })
    finished.catch(() => undefined)
    while (!done) {
      await this.turn()
      this.clock.step(50)
    }
    return finished
  }

  async stop(): Promise<void> {
    await this.during(Promise.all([...this.nodes.values()].map((node) => node.rooms.stop())))
    while (this.wire.inFlight > 0) {
      await setImmediate()
      this.clock.step(100)
    }
    for (const node of this.nodes.values()) {
      node.keys.stop()
      node.db.close()
    }
  }

  private isQuiet(leftOut: readonly TestNode[]): boolean {
    return (
      this.wire.inFlight === 0 &&
      [...this.nodes.values()].every(
        (node) =>
          node.outbox.destinations().length === 0 &&
          (node.store.stagedRooms().length === 0 || leftOut.includes(node)),
      )
    )
  }

  private async turn(): Promise<void> {
    for (let i = 0; i < 8; i++) {
      for (const node of this.nodes.values()) node.pump()
      await setImmediate()
    }
  }
}

/** Only what a restarted node had under way meets it. */
export class EndedError extends Error {}

export class TestNode {
  readonly name: ServerName
  readonly db: Database
  store: RoomStore
  readonly outbox: OutboxStore
  readonly signer: Signer
  readonly accounts: AccountStore
  readonly keys: Keys
  rooms: Rooms
  readonly clock: SkewedClock
  readonly items: LogItem[] = []
  /** What lost its content, as it was. */
  readonly redacted: Pdu[] = []
  readonly users = new Set<UserId>()
  presenceMode: PresenceMode = 'on'
  /** Makes it a policy server: the signature for an event, or a `RoomError`. */
  policyServer: ((event: JsonObject) => Promise<JsonObject>) | undefined
  /** What identity servers say of a key; none are asked by default. */
  identityKeyValid: ((url: string, publicKey: string) => Promise<boolean>) | undefined
  /** Who deactivated their account with the wish to be erased. */
  readonly erased = new Set<UserId>()
  /** Servers that its settings deny. */
  readonly denied = new Set<ServerName>()
  /** Servers whose keys cannot be had now. */
  readonly keysUnavailable = new Set<ServerName>()
  /** Goes by keys that it fetches, instead of knowing everybody's; see `key-rings.ts`. */
  keyRing: EventVerifier | undefined
  /** Awaited before an event is verified: keys that come late. */
  verifying: (pdu: Pdu) => Promise<void> = () => Promise.resolve()
  private readonly network: TestNetwork
  private readonly sending = new Set<ServerName>()
  private readonly retryAt = new Map<ServerName, number>()
  private nextTxn = 1
  private launch = 1

  constructor(network: TestNetwork, name: ServerName) {
    this.network = network
    this.name = name
    this.clock = new SkewedClock(network.clock)
    this.db = openMemoryDatabase()
    this.store = createRoomStore(this.db, name)
    this.outbox = createOutboxStore(this.db, (id) => this.store.getEvent(id)?.pdu.json, {
      own: name,
      heads: (to, room, last) => headsFor(this.store, to, room, last),
    })
    this.signer = createSigner(name, 'ed25519:test' as KeyId, network.random.bytes(32))
    this.accounts = createAccountStore(this.db, { serverName: name, clock: this.clock })
    this.keys = keysOf(network, this)
    this.rooms = this.createRooms()
  }

  /** Another run over the same store, after `rooms.stop()`; it begins with `rooms.resume()`. */
  restart(): void {
    this.rooms = this.createRooms()
  }

  /** Ends at once, and begins again on the same database: what was only in memory is gone. */
  async startAnew(): Promise<void> {
    await this.network.during(this.rooms.stop())
    this.launch++
    this.sending.clear()
    this.store = createRoomStore(this.db, this.name)
    this.rooms = this.createRooms()
    await this.rooms.resume()
  }

  private createRooms(): Rooms {
    const { network, launch } = this
    // What a run of the node had begun writes no more once that run has ended.
    const store = new Proxy(this.store, {
      get: (target, name, receiver) => {
        if (this.launch !== launch) throw new EndedError(`${this.name} has ended`)
        return Reflect.get(target, name, receiver) as unknown
      },
    })
    const rooms = createRooms({
      encryption: this.keys,
      serverName: this.name,
      signer: this.signer,
      store,
      remote: this.remote(),
      verifier: this.verifier(),
      users: {
        exists: (user) => this.users.has(user),
        isActive: (user) => this.users.has(user) && !this.erased.has(user),
        erased: (user) => this.erased.has(user),
        profile: (user) => ({ displayName: user.slice(1, user.indexOf(':')), avatarUrl: undefined }),
      },
      listener: {
        committed: () => undefined,
        queued: () => undefined,
        redacted: (events) => this.redacted.push(...events),
      },
      clock: this.clock,
      random: network.random,
      log: new Logger(this.clock, [(item) => this.items.push(item)]),
      domainAllowed: (server) => !this.denied.has(server),
      presenceMode: () => this.presenceMode,
      identityKeyValid: (...question) => this.identityKeyValid?.(...question) ?? Promise.resolve(true),
      sendEdu: (destinations, edu) => {
        for (const to of destinations) this.send(to, `edu${this.nextTxn++}`, [], [edu]).catch(() => undefined)
      },
    })
    return withServedHistory(rooms, (to, room, ids) =>
      this.outbox.fetched(to, room, ids, network.clock.now()),
    )
  }

  user(localpart: string): UserId {
    const user = `@${localpart}:${this.name}` as UserId
    this.users.add(user)
    return user
  }

  /** One transaction a destination at a time, repeated until it is answered: the order is kept. */
  pump(): void {
    for (const to of this.outbox.destinations()) {
      if (this.sending.has(to) || (this.retryAt.get(to) ?? 0) > this.network.clock.now()) continue
      const txn =
        this.outbox.inFlight(to) ??
        this.outbox.begin(to, `txn${this.nextTxn++}`, this.network.clock.now(), 50, [])
      if (txn === undefined) continue
      this.sending.add(to)
      this.send(
        to,
        txn.txnId,
        txn.pdus.map((pdu) => pdu.json),
        txn.edus,
      )
        .then(
          () => {
            const eventIds = txn.pdus.map((pdu) => pdu.eventId)
            this.outbox.acknowledge(to, txn.txnId, {
              ts: this.network.clock.now(),
              eventIds,
              errors: new Map(),
            })
            this.outbox.setBackoff(to, undefined)
          },
          () => {
            const retryAt = Math.ceil(this.network.clock.now() + 1_000 + this.network.random.next() * 1_000)
            this.retryAt.set(to, retryAt)
            this.outbox.setBackoff(to, { failures: 1, retryAt, lastError: undefined })
          },
        )
        .finally(() => this.sending.delete(to))
        .catch(() => undefined)
    }
  }

  send(
    to: ServerName,
    txnId: string,
    pdus: readonly JsonObject[],
    edus: readonly JsonObject[] = [],
  ): Promise<Record<string, { error?: string }>> {
    return this.ask(to, 'send', (rooms) =>
      rooms.receiveTransaction(this.name, txnId, roundTrip(pdus), roundTrip(edus)),
    )
  }

  text(roomId: RoomId, user: UserId, body: string): Promise<EventId> {
    return this.rooms.sendEvent({
      roomId,
      sender: user,
      type: 'm.room.message',
      content: { msgtype: 'm.text', body },
    })
  }

  /** Current state as sorted lines, to compare servers. */
  state(roomId: RoomId): string[] {
    return [...this.store.currentStateMap(roomId)]
      .map(([key, id]) => `${splitStateKey(key).type} ${splitStateKey(key).stateKey} ${id}`)
      .sort()
  }

  membership(roomId: RoomId, user: UserId): string | undefined {
    return this.store.member(roomId, user)?.membership
  }

  timeline(roomId: RoomId): Pdu[] {
    return this.store.timeline({ roomId, direction: 'forward', limit: 10_000 }).map((event) => event.pdu)
  }

  bodies(roomId: RoomId): string[] {
    return this.timeline(roomId).flatMap((pdu) =>
      pdu.type === 'm.room.message' && typeof pdu.content['body'] === 'string' ? [pdu.content['body']] : [],
    )
  }

  private ask<T>(to: ServerName, name: string, call: (rooms: Rooms) => Promise<unknown>): Promise<T> {
    return this.askNode(to, name, (node) => call(node.rooms))
  }

  async askNode<T>(to: ServerName, name: string, call: (node: TestNode) => Promise<unknown>): Promise<T> {
    const { network, launch } = this
    const node = network.nodes.get(to)
    if (node === undefined) throw new RemoteError(to, 'no such server', { retryable: true })
    try {
      return await network.wire.request<T>(this.name, to, name, () => call(node))
    } finally {
      // Who asked has ended since: nobody hears the answer.
      if (this.launch !== launch) await new Promise(() => undefined)
    }
  }

  private verifier(): EventVerifier {
    return {
      verify: async (pdu, givenBy) => {
        await this.verifying(pdu)
        if (this.keyRing !== undefined) return this.keyRing.verify(pdu, givenBy)
        const rules = roomVersionRules(pdu.roomVersion)
        for (const server of requiredSigners(pdu, rules)) {
          const key = this.network.nodes.get(server)?.signer
          if (key === undefined || this.keysUnavailable.has(server)) {
            return { result: 'unavailable', reason: `no keys of ${server}`, server }
          }
          const valid = signatureKeyIds(pdu.json, server).some((id) =>
            verifyPduSignature(pdu.json, rules, server, id, key.publicKey),
          )
          if (!valid) return { result: 'invalid', reason: `not signed by ${server}` }
        }
        return { result: 'valid' }
      },
      askWitnesses: (pdus, witnesses) =>
        this.keyRing?.askWitnesses?.(pdus, witnesses) ?? Promise.resolve(new Set()),
    }
  }

  private remote(): Remote {
    const me = this.name
    const json = (pdus: readonly Pdu[]): JsonObject[] => pdus.map((pdu) => pdu.json)
    const make = (
      to: ServerName,
      membership: 'join' | 'leave' | 'knock',
      room: RoomId,
      user: UserId,
      versions: readonly string[],
    ) =>
      this.ask<Awaited<ReturnType<Rooms['makeMembership']>>>(to, `make_${membership}`, (rooms) =>
        rooms.makeMembership(me, membership, room, user, versions),
      )
    return {
      makeJoin: (to, room, user, versions) => make(to, 'join', room, user, versions),
      makeLeave: (to, room, user) => make(to, 'leave', room, user, []),
      makeKnock: (to, room, user, versions) => make(to, 'knock', room, user, versions),
      sendJoin: (to, room, pdu) =>
        this.ask(to, 'send_join', async (rooms) => ({
          origin: to,
          ...(await rooms.receiveJoin(me, room, pdu.eventId, roundTrip(pdu.json))),
        })),
      sendLeave: (to, room, pdu) =>
        this.ask(to, 'send_leave', (rooms) => rooms.receiveLeave(me, room, pdu.eventId, roundTrip(pdu.json))),
      exchangeThirdPartyInvite: (to, room, invite) =>
        this.ask(to, 'exchange_third_party_invite', (rooms) =>
          rooms.exchangeThirdPartyInvite(me, room, roundTrip(invite)),
        ),
      sendKnock: (to, room, pdu) =>
        this.ask(to, 'send_knock', (rooms) => rooms.receiveKnock(me, room, pdu.eventId, roundTrip(pdu.json))),
      invite: (to, pdu, strippedState) =>
        this.ask(to, 'invite', (rooms) =>
          rooms.receiveInvite(me, {
            roomId: pdu.roomId,
            eventId: pdu.eventId,
            roomVersion: pdu.roomVersion,
            json: roundTrip(pdu.json),
            strippedState: roundTrip(strippedState),
          }),
        ),
      getEvent: (to, id) => this.ask(to, 'event', async (rooms) => rooms.eventForServer(me, id).json),
      state: (to, room, id) =>
        this.ask(to, 'state', async (rooms) => {
          const { state, authChain } = await rooms.stateAt(me, room, id)
          return { pdus: json(state), authChain: json(authChain) }
        }),
      stateIds: (to, room, id) =>
        this.ask(to, 'state_ids', async (rooms) => {
          const { state, authChain } = await rooms.stateAt(me, room, id)
          return {
            pduIds: state.map((pdu) => pdu.eventId),
            authChainIds: authChain.map((pdu) => pdu.eventId),
          }
        }),
      eventAuth: (to, room, id) =>
        this.ask(to, 'event_auth', async (rooms) => json(await rooms.authChainOf(me, room, id))),
      backfill: (to, room, from, limit) =>
        this.ask(to, 'backfill', async (rooms) => json(rooms.backfillForServer(me, room, from, limit))),
      getMissingEvents: (to, room, args) =>
        this.ask(to, 'get_missing_events', async (rooms) =>
          json(rooms.missingEventsForServer(me, room, args)),
        ),
      timestampToEvent: (to, room, ts, dir) =>
        this.ask(to, 'timestamp_to_event', async (rooms) => {
          const pdu = rooms.eventNearForServer(me, room, ts, dir)
          return { eventId: pdu.eventId, ts: pdu.originServerTs }
        }),
      queryProfile: (to) =>
        Promise.reject(new RemoteError(to, 'not here', { status: 404, retryable: false })),
      policySign: (to, pdu) =>
        this.network.wire.request(me, to, 'policy_sign', () => {
          const sign = this.network.node(to).policyServer
          if (sign === undefined) throw new RoomError(404, 'M_UNRECOGNIZED', 'There is no such endpoint.')
          return sign(roundTrip(pdu.json))
        }),
      queryDirectory: (to, alias) => this.ask(to, 'query_directory', (rooms) => rooms.resolveAlias(alias)),
      isThere: (to) =>
        this.ask(to, 'version', () => Promise.resolve()).then(
          () => true,
          () => false,
        ),
      publicRooms: (to, query) =>
        this.ask(to, 'public_rooms', async (rooms) => {
          const { rooms: chunk, ...page } = rooms.finding.publicRoomsForServer(me, query)
          return { chunk, ...page }
        }),
      spaceHierarchy: (to, room) =>
        this.ask(to, 'hierarchy', async (rooms) => rooms.finding.hierarchyForServer(me, room, false)),
    }
  }
}
