/**
 * State resolution as the specification writes it, with whole states, whole auth chains and no thought of cost; to
 * compare the real one with. For tests.
 */
import { createHash } from 'node:crypto'
import { checkAuthRules } from '../auth-rules.ts'
import { createEventIdOf } from '../pdu.ts'
import { powerLevelsOf } from '../power-levels.ts'
import { roomVersionRules } from '../room-versions.ts'
import { splitStateKey, stateKeyOf } from '../types.ts'
import type { EventId, Pdu, RoomVersionId, StateMap, StateMapKey } from '../types.ts'
import { isPowerEvent } from './orderings.ts'

type State = Map<StateMapKey, EventId>

export function resolveByTheBook(
  version: RoomVersionId,
  sets: readonly StateMap[],
  events: ReadonlyMap<EventId, Pdu>,
  refused: ReadonlySet<EventId>,
): StateMap {
  const book = new Book(version, events, refused)
  return roomVersionRules(version).stateResolution === 'v1' ? book.v1(sets) : book.v2(sets)
}

class Book {
  private readonly version: RoomVersionId
  private readonly events: ReadonlyMap<EventId, Pdu>
  private readonly refused: ReadonlySet<EventId>

  constructor(version: RoomVersionId, events: ReadonlyMap<EventId, Pdu>, refused: ReadonlySet<EventId>) {
    this.version = version
    this.events = events
    this.refused = refused
  }

  v1(sets: readonly StateMap[]): State {
    const { agreed, disputed } = this.divide(sets, false)
    const state: State = new Map(agreed)
    const keys = [...new Set(disputed.map((id) => this.keyOf(id)))]
    const typeOf = (key: StateMapKey): string => splitStateKey(key).type
    const sorted = (key: StateMapKey): EventId[] =>
      disputed
        .filter((id) => this.keyOf(id) === key)
        .toSorted((a, b) => this.at(a).depth - this.at(b).depth || (sha1(a) < sha1(b) ? 1 : -1))
    for (const type of ['m.room.power_levels', 'm.room.join_rules', 'm.room.member']) {
      const before: State = new Map(state)
      for (const key of keys.filter((each) => typeOf(each) === type)) {
        const own: State = new Map(before)
        for (const [index, id] of sorted(key).entries()) {
          if (index > 0 && !this.allows(id, own, false)) break
          own.set(key, id)
          state.set(key, id)
        }
      }
    }
    const before: State = new Map(state)
    for (const key of keys) {
      if (['m.room.power_levels', 'm.room.join_rules', 'm.room.member'].includes(typeOf(key))) continue
      const newest = sorted(key)
        .toReversed()
        .find((id) => this.allows(id, before, false))
      if (newest !== undefined) state.set(key, newest)
    }
    return state
  }

  v2(sets: readonly StateMap[]): State {
    const { agreed, disputed } = this.divide(sets, true)
    if (disputed.length === 0) return agreed
    const isNewer = roomVersionRules(this.version).stateResolution === 'v2.1'
    const chains = sets.map((set) => this.withChains([...set.values()]))
    const full = new Set(disputed)
    for (const chain of chains)
      for (const id of chain) if (!chains.every((other) => other.has(id))) full.add(id)
    if (isNewer) {
      const reached = this.withChains(disputed)
      for (const id of reached) if (disputed.some((end) => this.withChains([id]).has(end))) full.add(id)
    }
    for (const id of full) if (this.events.get(id)?.stateKey === undefined) full.delete(id)

    // 1.
    const power = [...full].filter((id) => isPowerEvent(this.at(id)))
    const first = new Set([...this.withChains(power)].filter((id) => full.has(id)))
    // 2.
    const state: State = new Map(isNewer ? [] : agreed)
    for (const id of this.byPower(first)) this.apply(id, state)
    // 3.
    const mainline = this.levelsBelow(state.get(stateKeyOf('m.room.power_levels', '')), true)
    const position = (id: EventId): number => {
      const found = this.levelsBelow(id, false).find((each) => mainline.includes(each))
      return found === undefined ? Infinity : mainline.indexOf(found)
    }
    const rest = [...full].filter((id) => !first.has(id))
    rest.sort((a, b) => {
      const [x, y] = [position(a), position(b)]
      return x === y ? this.earlier(a, b) : x > y ? -1 : 1
    })
    // 4.
    for (const id of rest) this.apply(id, state)
    // 5.
    for (const [key, id] of agreed) state.set(key, id)
    return state
  }

  private divide(
    sets: readonly StateMap[],
    isAbsenceDisputed: boolean,
  ): { agreed: State; disputed: EventId[] } {
    const agreed: State = new Map()
    const disputed: EventId[] = []
    for (const key of new Set(sets.flatMap((set) => [...set.keys()]))) {
      const values = new Set(sets.map((set) => set.get(key)))
      if (!isAbsenceDisputed) values.delete(undefined)
      const ids = [...values].filter((id) => id !== undefined)
      const [only] = ids
      if (values.size === 1 && only !== undefined) agreed.set(key, only)
      else disputed.push(...ids)
    }
    return { agreed, disputed }
  }

  /** These events, and all that they rest on. */
  private withChains(ids: readonly EventId[]): Set<EventId> {
    const all = new Set(ids)
    for (const id of all) for (const auth of this.events.get(id)?.authEvents ?? []) all.add(auth)
    return all
  }

  private byPower(ids: ReadonlySet<EventId>): EventId[] {
    const left = new Set(ids)
    const order: EventId[] = []
    while (left.size > 0) {
      const ready = [...left].filter((id) => {
        const below = this.withChains([id])
        below.delete(id)
        return ![...below].some((other) => left.has(other))
      })
      const [next] = ready.toSorted((a, b) => {
        const [x, y] = [this.powerOf(a), this.powerOf(b)]
        return x === y ? this.earlier(a, b) : x > y ? -1 : 1
      })
      if (next === undefined) throw new Error('auth events in a circle')
      left.delete(next)
      order.push(next)
    }
    return order
  }

  private powerOf(id: EventId): number {
    const cited = (type: string): Pdu | undefined => this.cited(this.at(id), type, '')
    return powerLevelsOf(
      cited('m.room.power_levels')?.content,
      cited('m.room.create'),
      roomVersionRules(this.version),
    ).userLevel(this.at(id).sender)
  }

  private levelsBelow(id: EventId | undefined, isIncluded: boolean): EventId[] {
    const found: EventId[] = []
    for (let at = id, isFirst = true; at !== undefined; isFirst = false) {
      if (!isFirst || isIncluded) found.push(at)
      at = this.events.get(at)?.authEvents.find((auth) => {
        const pdu = this.events.get(auth)
        return pdu?.type === 'm.room.power_levels' && pdu.stateKey === ''
      })
    }
    return found
  }

  private apply(id: EventId, state: State): void {
    if (this.allows(id, state, true)) state.set(this.keyOf(id), id)
  }

  private allows(id: EventId, state: StateMap, isCitedHelp: boolean): boolean {
    const pdu = this.at(id)
    const decision = checkAuthRules(pdu, roomVersionRules(this.version), (type, stateKey) => {
      const own = state.get(stateKeyOf(type, stateKey))
      if (own !== undefined) return this.at(own)
      return isCitedHelp ? this.cited(pdu, type, stateKey) : undefined
    })
    return decision.verdict === 'accept'
  }

  private cited(pdu: Pdu, type: string, stateKey: string): Pdu | undefined {
    const found = pdu.authEvents
      .filter((id) => !this.refused.has(id))
      .map((id) => this.events.get(id))
      .find((auth) => auth?.type === type && auth.stateKey === stateKey)
    if (found !== undefined || type !== 'm.room.create') return found
    return roomVersionRules(this.version).roomIdIsCreateHash
      ? this.events.get(createEventIdOf(pdu.roomId))
      : undefined
  }

  private at(id: EventId): Pdu {
    const pdu = this.events.get(id)
    if (pdu === undefined) throw new Error(`there is no ${id}`)
    return pdu
  }

  private keyOf(id: EventId): StateMapKey {
    const { type, stateKey } = this.at(id)
    return stateKeyOf(type, stateKey ?? '')
  }

  private earlier(a: EventId, b: EventId): number {
    const [x, y] = [this.at(a), this.at(b)]
    return x.originServerTs - y.originServerTs || (a < b ? -1 : 1)
  }
}

const sha1 = (id: EventId): string => createHash('sha1').update(id).digest('hex')
