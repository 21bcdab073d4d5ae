/**
 * Two Hearth nodes with domain names and a Synapse that trust one test authority, so that each federates with
 * each, and each with a host of its own, as server ACLs know no ports. For interop suites and for browser tests
 * with a Synapse behind:
 *
 *     const triple = await startTriple()
 *     const { room, guest } = await guestFromSynapse(triple, owner)
 *     await guest.say(room, 'hello from Synapse')    // … and the app's owner sees it
 *     await triple.stop()
 *
 * `owner` is a {@link MatrixUser} of the account whose window is open: `MatrixUser.loginWithToken(new
 * MatrixHttp(node.clientUrl), loginToken(node.ready))`, or one made of the token that the page holds.
 * A browser opens `triple.alice.ready.login_url`. The first use installs Synapse (see
 * synapse-environment.ts), which takes a minute or two.
 */
import { makeCertificates, type CertificateAuthority } from './certificates.ts'
import { startDomainHearth, type HearthOptions, type HearthProcess } from './hearth.ts'
import { MatrixUser } from './matrix-user.ts'
import { scratchFolder } from './scratch.ts'
import { startSynapse, type SynapseProcess } from './synapse.ts'

export interface Triple {
  readonly alice: HearthProcess
  readonly bob: HearthProcess
  readonly synapse: SynapseProcess
  /** The test authority. */
  readonly certificates: CertificateAuthority
  /** Stops all three; those that were stopped already stay so. */
  stop(): Promise<void>
}

/** What all servers of a triple have in common, so that every feature can be seen between them. */
const everything = { settings: { presence: 'on' } }

/** Starts the three side by side. `options` are for both nodes. */
export async function startTriple(options: HearthOptions = {}): Promise<Triple> {
  const certificates = makeCertificates(scratchFolder('authority'))
  const started = await Promise.allSettled([
    startDomainHearth(certificates, { label: 'alice', ...everything, ...options }),
    startDomainHearth(certificates, { label: 'bob', ...everything, ...options }, '127.0.0.2'),
    startSynapse({ certificates, presence: true, host: '127.0.0.1' }),
  ])
  const [alice, bob, synapse] = started
  if (alice.status === 'rejected' || bob.status === 'rejected' || synapse.status === 'rejected') {
    for (const server of started) if (server.status === 'fulfilled') await server.value.stop()
    throw started.find((server) => server.status === 'rejected')?.reason
  }
  const stop = async () => {
    await Promise.all([alice, bob, synapse].map((server) => server.value.stop()))
  }
  return { alice: alice.value, bob: bob.value, synapse: synapse.value, certificates, stop }
}

/** A person on the triple's Synapse, in a new private room with `owner`, who invited them. Syncs already; close it. */
export async function guestFromSynapse(
  triple: Triple,
  owner: MatrixUser,
  localpart = 'sylvia',
  room: object = { preset: 'private_chat', name: 'With Synapse' },
): Promise<{ room: string; guest: MatrixUser }> {
  const guest = await MatrixUser.register(triple.synapse, localpart)
  await guest.startSync({ threads: true, presence: true })
  const roomId = await owner.createRoom({ ...room, invite: [guest.userId] })
  await guest.waitFor('the invite', () => guest.room(roomId).membership === 'invite')
  await guest.join(roomId)
  await guest.waitFor('the room', () => guest.room(roomId).membership === 'join')
  return { room: roomId, guest }
}
