import { networkInterfaces } from 'node:os'
import type { NetworkInterfaceInfo } from 'node:os'
import { fingerprintOf, publicKeyFromServerName } from './core/ids.ts'
import type { ServerName } from './core/types.ts'
import { interfaceKey, onSameSubnet, usableInterfaces } from './federation/discovery/index.ts'
import type { LanInterface, LinkHealth, PeerTable } from './federation/discovery/index.ts'
import type { Collector } from './federation/out/collector.ts'
import { isLoopback } from './http/loopback-guard.ts'

/** What is wrong, and what to do about it, in words for people. */
export interface NetworkProblem {
  readonly kind: 'no_network' | 'discovery_blocked' | 'firewall' | 'certificate' | 'lost_messages'
  readonly words: string
  readonly help: string
}

interface Parts {
  /** How discovery fares; undefined where it is turned off. */
  readonly links: readonly LinkHealth[] | undefined
  /** Names of the interfaces that discovery keeps to; undefined where nobody chose. */
  readonly chosen?: readonly string[] | undefined
  readonly peers: Pick<PeerTable, 'list' | 'candidates' | 'silent' | 'nameOf'>
  readonly oneSided: {
    readonly collector: Pick<Collector, 'oneSided'>
    readonly reaches: (server: ServerName) => boolean
  }
  /** Undefined before the start. */
  readonly listener: { readonly host: string; readonly port: number } | undefined
  /** For tests: stand-ins for the system's. */
  readonly listInterfaces?: (() => NodeJS.Dict<NetworkInterfaceInfo[]>) | undefined
  readonly platform?: string | undefined
}

/** A machine hears its own announcement at once, and those who are asked answer within a second or two. */
const HEARS_WITHIN_MS = 10_000
/** All are asked every minute. */
const SILENCE_MS = 3 * 60_000
/** Without it macOS 15 and later let a program call nobody on the local network, and do not say so. */
const LOCAL_NETWORK =
  'Open System Settings, Privacy & Security, Local Network, and turn Hearth on; where it is on, turn it off and on again.'
const MAC_FIREWALL =
  'Open System Settings, Network, Firewall, Options, and allow incoming connections for Hearth.'
/** A Wi-Fi is a public network to Windows until somebody says otherwise, and its rule for those is another. */
const WINDOWS_FIREWALL =
  'Open Windows Security, Firewall & network protection, Allow an app through firewall, and tick Hearth for private and public networks.'
const BY_ADDRESS = 'Add people by their address instead; messages work as anywhere else.'

/** What the node can tell of the network that it is on, from what it has seen and not seen. */
export function networkProblems(parts: Parts): NetworkProblem[] {
  const { listener } = parts
  if (listener === undefined) return []
  // Whoever listens on this machine only wants no network.
  const discovered =
    parts.links === undefined || isLoopback(listener.host) ? [] : discoveryProblems(parts, parts.links)
  return [...discovered, ...firewallProblems(parts, listener.port)]
}

function discoveryProblems(parts: Parts, links: readonly LinkHealth[]): NetworkProblem[] {
  const all = (parts.listInterfaces ?? networkInterfaces)()
  // A machine without any network has its loopback for one.
  const outward = (at: LanInterface): boolean => !at.address.startsWith('127.')
  const usable = usableInterfaces(all, parts.chosen)
  if (parts.chosen !== undefined && usable.length === 0) return [withoutChosen(parts.chosen)]
  const present = usable.filter(outward)
  // Whoever chose the loopback wants no network.
  if (present.length === 0) return parts.chosen === undefined ? [withoutNetwork(all)] : []
  const real = links.filter(({ at }) => present.some((each) => interfaceKey(each) === interfaceKey(at)))
  const where = (link: LinkHealth): string => (real.length > 1 ? ` (${link.at.name})` : '')
  return real.flatMap((link): NetworkProblem[] => {
    const said = (words: string, help: string): NetworkProblem[] => [
      { kind: 'discovery_blocked', words: `${words}${where(link)}.`, help },
    ]
    if (link.error !== undefined)
      return said('This computer does not let Hearth look for people nearby', helpFor(link.error, parts))
    if (link.openForMs < HEARS_WITHIN_MS) return []
    if (!link.heardSelf)
      return said(
        'A firewall on this computer keeps Hearth from finding people nearby',
        `${helpToHear(parts.platform)} ${BY_ADDRESS}`,
      )
    const waited = link.quietForMs === link.openForMs ? HEARS_WITHIN_MS : SILENCE_MS
    if (link.quietForMs < waited || !hasPeerOn(parts, link)) return []
    return said('This network blocks discovery: people nearby do not appear by themselves', BY_ADDRESS)
  })
}

function withoutNetwork(all: NodeJS.Dict<NetworkInterfaceInfo[]>): NetworkProblem {
  const hasAny = Object.values(all).some((infos) => infos?.some((info) => !info.internal))
  return hasAny
    ? {
        kind: 'no_network',
        words: 'The only network of this computer is a VPN or a virtual one.',
        help: `Hearth does not look for people there, unless you choose it in the settings, under Network. ${BY_ADDRESS}`,
      }
    : {
        kind: 'no_network',
        words: 'This computer is on no network.',
        help: 'Join a Wi-Fi or plug in a cable. What you write waits here and goes out by itself.',
      }
}

function withoutChosen(chosen: readonly string[]): NetworkProblem {
  return {
    kind: 'no_network',
    words: `The network that was chosen in the settings is not there: ${listed(chosen)}.`,
    help: `Hearth looks for people nowhere else. Choose another in the settings, under Network, or leave it to Hearth. ${BY_ADDRESS}`,
  }
}

function helpFor(error: string, { platform = process.platform }: Parts): string {
  // Windows says EACCES of a port that somebody else has for themselves.
  if (error.includes('EADDRINUSE') || (platform === 'win32' && error.includes('EACCES')))
    return `Another program keeps UDP port 5353 to itself; close it. ${BY_ADDRESS}`
  if (platform === 'darwin') return `${LOCAL_NETWORK} ${BY_ADDRESS}`
  if (platform === 'win32') return `${WINDOWS_FIREWALL} ${BY_ADDRESS}`
  return `Its network or its firewall forbids multicast on UDP port 5353. ${BY_ADDRESS}`
}

/** What this computer sends to all does not come back to it. */
function helpToHear(platform: string = process.platform): string {
  if (platform === 'darwin') return `${LOCAL_NETWORK} ${MAC_FIREWALL}`
  if (platform === 'win32') return WINDOWS_FIREWALL
  return 'Let the firewall accept UDP port 5353, such as with “sudo ufw allow 5353/udp”.'
}

/** Somebody who would announce themselves has answered at an address of this network. */
function hasPeerOn({ peers }: Parts, { at }: LinkHealth): boolean {
  return peers
    .list()
    .some(
      ({ server_name: server, reachable }) =>
        reachable &&
        publicKeyFromServerName(server) !== undefined &&
        peers
          .candidates(server)
          .some(({ host, lastSuccess }) => lastSuccess !== undefined && onSameSubnet(host, at)),
    )
}

function firewallProblems(parts: Parts, port: number): NetworkProblem[] {
  const { peers, oneSided } = parts
  const problems: NetworkProblem[] = []
  // One that is away now may reach this computer when it is back.
  if (oneSided.collector.oneSided().some((server) => oneSided.reaches(server)))
    problems.push({
      kind: 'firewall',
      words:
        'Your firewall blocks Hearth: others cannot reach this computer. Messages still arrive, because Hearth asks for them.',
      help: allow(port, parts.platform),
    })
  const silent = peers.silent()
  const names = (presence: 'calls' | 'announces'): string =>
    listed(
      silent
        .filter((peer) => peer.presence === presence)
        .map(({ serverName }) => peers.nameOf(serverName) ?? fingerprintOf(serverName)),
    )
  const [callers, announcers] = [names('calls'), names('announces')]
  if (callers !== '')
    problems.push({
      kind: 'firewall',
      words: `A firewall keeps this computer from reaching ${callers}. Messages still arrive there when they ask for them.`,
      help: helpWithTheirs(parts.platform),
    })
  if (announcers !== '')
    problems.push({
      kind: 'firewall',
      words: `Your firewall, or theirs, blocks Hearth: ${announcers} can be seen nearby, but not reached.`,
      help: `${helpToReach(port, parts.platform)} Then let them do the same on their computer.`,
    })
  return problems
}

/** Anyone can announce a crowd. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 2).map((name) => name.slice(0, 40))
  const rest = names.length - shown.length
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(', ')
}

/** Somebody calls, and does not answer. */
function helpWithTheirs(platform: string = process.platform): string {
  const ask = 'Ask them to let Hearth through the firewall of their computer.'
  return platform === 'darwin' ? `${LOCAL_NETWORK} ${ask}` : ask
}

/** Somebody is heard of, and does not answer. */
function helpToReach(port: number, platform: string = process.platform): string {
  return platform === 'darwin' ? `${LOCAL_NETWORK} ${MAC_FIREWALL}` : allow(port, platform)
}

function allow(port: number, platform: string = process.platform): string {
  if (platform === 'win32') return WINDOWS_FIREWALL
  if (platform === 'darwin') return MAC_FIREWALL
  return `Let the firewall accept TCP port ${port} and UDP port 5353, such as with “sudo ufw allow ${port}/tcp”.`
}
