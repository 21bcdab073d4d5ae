import { loginToken, startHearth, type HearthProcess } from './hearth.ts'
import { MatrixHttp } from './matrix-http.ts'
import { MatrixUser } from './matrix-user.ts'

/** Whoever the node belongs to, signed in. */
export async function ownerOf(node: HearthProcess): Promise<MatrixUser> {
  return await MatrixUser.loginWithToken(new MatrixHttp(node.clientUrl), loginToken(node.ready))
}

/** Tells a node, by its owner, where others are. */
export async function introduce(owner: MatrixUser, ...others: HearthProcess[]): Promise<void> {
  for (const { serverName, ready } of others) {
    const address = new URL(ready.federation_url).host
    await owner.call('POST', '/_hearth/v1/peers', { body: { server_name: serverName, address } })
  }
}

/** Two nodes that know where the other is, and a room that both owners are in. */
export async function startIntroduced(args: readonly string[] = ['--no-mdns', '--no-rate-limits']) {
  const [here, there] = await Promise.all([
    startHearth({ label: 'here', args }),
    startHearth({ label: 'there', args }),
  ])
  const [alice, bob] = await Promise.all([ownerOf(here), ownerOf(there)])
  await Promise.all([introduce(alice, there), introduce(bob, here)])
  await Promise.all([alice.startSync(), bob.startSync()])
  const room = await alice.createRoom({ preset: 'private_chat', invite: [bob.userId] })
  await bob.join(room, here.serverName)
  return { here, there, alice, bob, room }
}
