import { expect } from 'vitest'
import { IdentityServer } from '../../harness/process/identity-server.ts'
import type { MatrixUser } from '../../harness/process/matrix-user.ts'
import { SynapseProcess } from '../../harness/process/synapse.ts'
import type { Feature } from './feature.ts'
import { roomPath, type Stage } from './stage.ts'

let addresses = 0
const newAddress = () => `somebody${++addresses}@mail.test`

/** Asks a person in whose Matrix name is not known. */
async function inviteAddress(
  { from, fromServer }: Stage,
  identity: IdentityServer,
  room: string,
  address: string,
) {
  if (fromServer instanceof SynapseProcess) {
    const body = { id_server: identity.name, id_access_token: 'any', medium: 'email', address }
    await from.call('POST', `${roomPath(room)}/invite`, { body })
    return
  }
  // A Hearth asks no identity server: that is up to the client, which tells the room what came of it.
  const { token, ...offer } = identity.storeInvite({ address, room_id: room, sender: from.userId })
  const { public_key, key_validity_url } = offer.public_keys[0] ?? {}
  await from.setState(room, 'm.room.third_party_invite', { ...offer, public_key, key_validity_url }, token)
}

const offersIn = (reader: MatrixUser, room: string) =>
  [...reader.room(room).state.values()].filter((event) => event.type === 'm.room.third_party_invite')

/** The invite has come of the offer, and is taken. */
async function comesIn({ from }: Stage, room: string, guest: MatrixUser): Promise<void> {
  await guest.waitFor('the invite', () => guest.room(room).membership === 'invite')
  await from.waitFor('the invite', () => from.room(room).membershipOf(guest.userId) === 'invite')
  const [offer] = offersIn(from, room)
  const invite = from.room(room).stateContent('m.room.member', guest.userId)
  expect(invite?.['third_party_invite']).toMatchObject({
    display_name: offer?.content['display_name'],
    signed: { mxid: guest.userId, token: offer?.state_key },
  })
  await guest.join(room)
  await from.waitFor('the join', () => from.room(room).membershipOf(guest.userId) === 'join')
  const id = await guest.say(room, 'I came by mail')
  await from.waitFor('the message', () => from.room(room).has(id))
}

const withIdentityServer =
  (run: (stage: Stage, identity: IdentityServer) => Promise<void>) => async (stage: Stage) => {
    const identity = await IdentityServer.start(stage.certificates)
    try {
      await run(stage, identity)
    } finally {
      await identity.stop()
    }
  }

export const thirdPartyInvites: Feature[] = [
  {
    name: 'Invite to an e-mail address, once somebody of the other server turns out to have it',
    run: withIdentityServer(async (stage, identity) => {
      const { from, to, toServer } = stage
      const room = await from.createRoom({ preset: 'private_chat' })
      const address = newAddress()
      await inviteAddress(stage, identity, room, address)
      await identity.bindForged(address, to.userId, toServer.serverName)
      expect((await from.roomState(room)).filter((event) => event.state_key === to.userId)).toEqual([])
      expect(await identity.bind(address, to.userId, toServer.serverName)).toBe(200)
      await comesIn(stage, room, to)
    }),
  },
  {
    name: '… and somebody of whose server others are in the room',
    run: withIdentityServer(async (stage, identity) => {
      const { to: guest } = await stage.withNewPeople()
      const { to, toServer } = stage
      const room = await stage.room()
      const address = newAddress()
      await inviteAddress(stage, identity, room, address)
      await to.waitFor('the offer', () => offersIn(to, room).length === 1)
      await identity.bindForged(address, guest.userId, toServer.serverName)
      expect((await to.roomState(room)).filter((event) => event.state_key === guest.userId)).toEqual([])
      expect(await identity.bind(address, guest.userId, toServer.serverName)).toBe(200)
      await comesIn(stage, room, guest)
    }),
  },
  {
    name: '… but nobody once the identity server has taken its key back',
    run: withIdentityServer(async (stage, identity) => {
      const { to: guest } = await stage.withNewPeople()
      const { from, toServer } = stage
      const room = await from.createRoom({ preset: 'private_chat' })
      const address = newAddress()
      await inviteAddress(stage, identity, room, address)
      identity.keyIsValid = false
      await identity.bind(address, guest.userId, toServer.serverName)
      expect((await from.roomState(room)).filter((event) => event.state_key === guest.userId)).toEqual([])
      identity.keyIsValid = true
      await identity.bind(address, guest.userId, toServer.serverName)
      await comesIn(stage, room, guest)
    }),
  },
]
