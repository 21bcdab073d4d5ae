import { expect } from 'vitest'
import type { EventId } from '../../../src-main/core/types.ts'
import { PolicyServer, REFUSAL } from '../../harness/process/policy-server.ts'
import type { PeerRoom } from '../../harness/process/scripted-peer.ts'
import type { Feature } from './feature.ts'
import type { Stage } from './stage.ts'

interface Scene {
  readonly policy: PolicyServer
  readonly room: string
  /** The same room, for the policy server. */
  readonly peerRoom: PeerRoom
  /** The event by which the room makes use of it. */
  readonly since: EventId
}

/** In a room of both, `from` has had a policy server come in and made it the room's. */
const withPolicyServer = (run: (stage: Stage, scene: Scene) => Promise<void>) => async (stage: Stage) => {
  const policy = await PolicyServer.start(stage.certificates)
  try {
    const room = await stage.room({ preset: 'public_chat' })
    const peerRoom = await policy.join(room, stage.fromServer.serverName)
    await stage.shown(room, peerRoom.join.eventId)
    const since = (await stage.from.setState(room, 'm.room.policy', policy.content)) as EventId
    await stage.shown(room, since)
    await run(stage, { policy, room, peerRoom, since })
  } finally {
    await policy.stop()
  }
}

/** A small real one, of the harness. */
export const policyServers: Feature[] = [
  {
    name: 'Policy server: what it recommends is said, what it refuses is not, in its words',
    run: withPolicyServer(async (stage, { policy, room }) => {
      const { from, to } = stage
      expect(policy.asked).toEqual([])
      for (const [writer, reader] of [
        [from, to],
        [to, from],
      ] as const) {
        await expect(writer.say(room, 'cheap spam')).rejects.toMatchObject({
          errcode: 'M_FORBIDDEN',
          message: expect.stringContaining(REFUSAL),
        })
        const id = await writer.say(room, 'good morning')
        await stage.shown(room, id, reader)
        // Who received it was content with the signature that came with it.
        expect(policy.asked.filter((each) => each === id)).toHaveLength(1)
      }
      for (const reader of [from, to])
        expect((await reader.history(room)).map((event) => event.content['body'])).not.toContain('cheap spam')
    }),
  },
  {
    name: 'Policy server: what comes without its signature is asked about, and hidden if refused',
    // A server gives it little time to answer.
    alone: true,
    run: withPolicyServer(async (stage, { policy, room, peerRoom, since }) => {
      const { from, to, fromServer, toServer } = stage
      const { peer } = policy
      const [spam, fine] = ['cheap spam', 'good morning'].map((body) =>
        peer.build(peerRoom, {
          type: 'm.room.message',
          content: { msgtype: 'm.text', body },
          prevEvents: [since],
          depth: peerRoom.join.depth + 2,
        }),
      )
      if (spam === undefined || fine === undefined) throw new Error('there are two')
      for (const [reader, server] of [
        [from, fromServer],
        [to, toServer],
      ] as const) {
        await peer.send(server.serverName, [spam, fine], async ({ eventId }) => {
          await stage.shown(room, eventId, reader)
        })
        expect((await reader.history(room)).map((event) => event.event_id)).not.toContain(spam.eventId)
      }
      for (const { eventId } of [spam, fine])
        expect(policy.asked.filter((each) => each === eventId)).toHaveLength(2)
    }),
  },
]
