import { loginToken, startHearth, type HearthOptions, type HearthProcess } from './hearth.ts'
import { MatrixHttp } from './matrix-http.ts'
import { MatrixUser } from './matrix-user.ts'
import type { Machine } from './namespaces.ts'

/** A node on a machine of its own, and its owner. */
export interface Station {
  readonly machine: Machine
  readonly node: HearthProcess
  readonly owner: MatrixUser
}

/** A row of `GET /_hearth/v1/peers`. */
export interface PeerRow {
  readonly server_name: string
  readonly reachable: boolean
  readonly addresses: readonly string[]
}

export async function startStation(machine: Machine, more: HearthOptions = {}): Promise<Station> {
  const node = await startHearth({
    label: machine.namespace,
    namespace: machine.namespace,
    clientListen: '127.0.0.1:8008',
    federationListen: '[::]:8448',
    ...more,
  })
  const http = new MatrixHttp(node.clientUrl, machine.socketPath)
  const owner = await MatrixUser.loginWithToken(http, loginToken(node.ready))
  await owner.startSync()
  return { machine, node, owner }
}

export async function peerSeenBy(station: Station, other: Station): Promise<PeerRow | undefined> {
  const { peers } = await station.owner.call<{ peers: PeerRow[] }>('GET', '/_hearth/v1/peers')
  return peers.find((peer) => peer.server_name === other.node.serverName)
}

/** What the node says is wrong with its network. */
export async function problemsOf({ owner }: Station): Promise<{ kind: string; words: string }[]> {
  const path = '/_hearth/v1/network'
  return (await owner.call<{ problems: { kind: string; words: string }[] }>('GET', path)).problems
}

let said = 0

/** Says something new, and gives the milliseconds until it has come. */
export async function message(from: Station, to: Station, room: string, withinMs: number): Promise<number> {
  const text = `message ${++said}`
  const began = performance.now()
  await from.owner.say(room, text)
  await to.owner.waitForText(room, text, withinMs)
  return performance.now() - began
}
