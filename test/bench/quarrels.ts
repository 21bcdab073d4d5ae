import type { EventId, RoomVersionId } from '../../src-main/core/types.ts'
import type { CertificateAuthority } from '../harness/process/certificates.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { ScriptedPeer } from '../harness/process/scripted-peer.ts'
import type { SynapseProcess } from '../harness/process/synapse.ts'
import type { BuiltRoom } from './rooms-on-synapse.ts'

const LEVELS = 'm.room.power_levels'

/**
 * A room with a long history of conflicting power levels: round after round two servers change them, and the
 * topic, without knowing of each other, and somebody speaks after both.
 */
export async function buildQuarrels(
  synapse: SynapseProcess,
  certificates: CertificateAuthority,
  alice: MatrixUser,
  version: RoomVersionId,
  rounds: number,
): Promise<BuiltRoom> {
  const peer = await ScriptedPeer.start(certificates)
  await alice.startSync()
  try {
    const levels = (round: number, side: number): Record<string, unknown> => ({
      users: {
        ...(version === '12' ? {} : { [alice.userId]: 100 }),
        [peer.userId]: 99,
        [`@guest${round % 11}:${synapse.serverName}`]: (round * 7 + side * 3) % 90,
      },
      events: { [LEVELS]: 99, 'm.room.topic': round % 2 === 0 ? 50 : 99 },
      state_default: 50,
      users_default: 0,
    })
    const roomId = await alice.createRoom({
      preset: 'public_chat',
      room_version: version,
      power_level_content_override: levels(0, 1),
    })
    const room = await peer.join(roomId, synapse.serverName)
    const idNow = async (type: string): Promise<EventId> => {
      const state = await alice.roomState(roomId)
      const event = state.find((each) => each.type === type && each.state_key === '')
      if (event === undefined) throw new Error(`the room has no ${type}`)
      return event.event_id as EventId
    }
    const atJoin = await idNow(LEVELS)
    const others = room.authEvents.filter((id) => id !== atJoin)
    const ids: string[] = []
    let tip: EventId = room.join.eventId
    let depth = room.join.depth
    for (let round = 1; round <= rounds; round++) {
      const before = await idNow(LEVELS)
      ids.push(await alice.setState(roomId, LEVELS, levels(round, 0)))
      ids.push(await alice.setState(roomId, 'm.room.topic', { topic: `${round} of alice` }))
      const change = peer.build(room, {
        type: LEVELS,
        stateKey: '',
        content: levels(round, 1) as never,
        prevEvents: [tip],
        authEvents: [before, ...others],
        depth: depth + 1,
      })
      const topic = peer.build(room, {
        type: 'm.room.topic',
        stateKey: '',
        content: { topic: `${round} of the peer` },
        prevEvents: [change.eventId],
        authEvents: [change.eventId, ...others],
        depth: depth + 2,
      })
      await peer.send(synapse.serverName, [change, topic], (last) =>
        alice.waitFor('what the peer did', () => alice.room(roomId).has(last.eventId), 60_000),
      )
      const merge = await alice.say(roomId, `after round ${round}`)
      ids.push(change.eventId, topic.eventId, merge)
      tip = merge as EventId
      depth += 3
    }
    return { what: `${rounds} quarrels about power, version ${version}`, roomId, events: ids }
  } finally {
    await alice.stopSync()
    await peer.stop()
  }
}
