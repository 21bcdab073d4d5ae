import type { NetworkInterfaceInfo } from 'node:os'

/**
 * An IPv4 address of this machine on a network where peers may be; on a machine or interface that has none, a
 * link-local IPv6 address with its zone (`fe80::1%eth0`).
 */
export interface LanInterface {
  readonly name: string
  readonly address: string
  readonly netmask: string
  /** Of a point-to-point one, whose netmask says nothing of the other end: where this machine's others lead. */
  readonly elsewhere?: readonly Pick<LanInterface, 'address' | 'netmask'>[] | undefined
}

/** By its name `virtual`: a VPN's, a container's or a virtual machine's; by its netmask `point_to_point`: a VPN's. */
export type InterfaceKind = 'network' | 'virtual' | 'point_to_point' | 'loopback'

/** One of this machine's interfaces. */
export interface InterfaceInfo {
  readonly name: string
  /** IPv4, and where there is none IPv6; the best first. */
  readonly addresses: readonly string[]
  readonly kind: InterfaceKind
}

/** Names that VPNs, containers and virtual machines give their interfaces: no people behind them. */
const virtual =
  /^(docker|br-|bridge1\d\d|veth|virbr|vmnet|vmenet|vboxnet|tun|tap|utun|wg|tailscale|zt|ppp|cni|flannel|cali|podman|lxc|lxdbr|awdl|llw|ifb|dummy|vEthernet|ipsec|gpd|cscotun|nordlynx|proton|mullvad|wireguard|zerotier|hamachi|vmware|virtualbox)|vpn/i

const MAX_LINK_LOCAL = 4

/**
 * The interfaces to discover on: real networks, or with `chosen` exactly the named ones. A machine without any
 * network uses its loopback, so that two nodes on it still meet.
 */
export function usableInterfaces(
  all: NodeJS.Dict<NetworkInterfaceInfo[]>,
  chosen?: readonly string[],
): LanInterface[] {
  if (chosen !== undefined) return chosenInterfaces(all, chosen)
  const usable: LanInterface[] = []
  const linkLocal: LanInterface[] = []
  const loopback: LanInterface[] = []
  for (const [name, addresses] of Object.entries(all)) {
    for (const info of addresses ?? []) {
      if (info.family === 'IPv6') {
        if (!info.internal && !isVirtual(name) && isLinkLocal(info.address))
          linkLocal.push(linkLocalOf(name, info))
        continue
      }
      const found = { name, address: info.address, netmask: info.netmask }
      if (info.internal) loopback.push(found)
      else if (!isVirtual(name) && !isPointToPoint(info.netmask)) usable.push(found)
    }
  }
  if (usable.length > 0) return usable
  // Beside a network with IPv4 one without is rarely one at all: every bridge and unplugged socket has such an address.
  return linkLocal.length > 0 ? linkLocal.slice(0, MAX_LINK_LOCAL) : loopback.slice(0, 1)
}

/** By IPv4; one that has none by its link-local IPv6 address. */
function chosenInterfaces(
  all: NodeJS.Dict<NetworkInterfaceInfo[]>,
  chosen: readonly string[],
): LanInterface[] {
  return Object.entries(all).flatMap(([name, infos]) => {
    if (!chosen.includes(name)) return []
    const byIpv4 = (infos ?? []).filter((info) => info.family === 'IPv4')
    if (byIpv4.length > 0)
      return byIpv4.map(({ address, netmask }) =>
        isPointToPoint(netmask)
          ? { name, address, netmask, elsewhere: otherNetworks(all, name) }
          : { name, address, netmask },
      )
    return (infos ?? [])
      .filter((info) => isLinkLocal(info.address))
      .slice(0, 1)
      .map((info) => linkLocalOf(name, info))
  })
}

function otherNetworks(all: NodeJS.Dict<NetworkInterfaceInfo[]>, except: string): LanInterface[] {
  return Object.entries(all).flatMap(([name, infos]) =>
    (infos ?? [])
      .filter((info) => name !== except && info.family === 'IPv4')
      .map(({ address, netmask }) => ({ name, address, netmask })),
  )
}

function linkLocalOf(name: string, info: NetworkInterfaceInfo): LanInterface {
  return { name, address: `${info.address}%${zoneOf(name, info)}`, netmask: info.netmask }
}

/** All interfaces of this machine that have an address, for people to choose from. */
export function describeInterfaces(all: NodeJS.Dict<NetworkInterfaceInfo[]>): InterfaceInfo[] {
  return Object.entries(all).flatMap(([name, infos = []]) => {
    if (infos.length === 0) return []
    const byIpv4 = infos.filter((info) => info.family === 'IPv4')
    const shown = byIpv4.length > 0 ? byIpv4 : infos
    return [{ name, addresses: shown.map((info) => info.address), kind: kindOf(name, infos) }]
  })
}

function kindOf(name: string, infos: readonly NetworkInterfaceInfo[]): InterfaceKind {
  if (infos.some((info) => info.internal)) return 'loopback'
  if (isVirtual(name)) return 'virtual'
  const byIpv4 = infos.filter((info) => info.family === 'IPv4')
  return byIpv4.length > 0 && byIpv4.every((info) => isPointToPoint(info.netmask))
    ? 'point_to_point'
    : 'network'
}

/** By its name a VPN's, a container's or a virtual machine's. */
function isVirtual(name: string): boolean {
  return virtual.test(name)
}

export function interfaceKey(at: LanInterface): string {
  return `${at.name} ${at.address}/${at.netmask}`
}

export function onSameSubnet(address: string, at: LanInterface): boolean {
  if (isIpv6(at)) return isLinkLocal(address) && zonePart(address) === zonePart(at.address)
  const a = ipv4(address)
  const b = ipv4(at.address)
  const mask = ipv4(at.netmask)
  if (a === undefined || b === undefined || mask === undefined) return false
  if ((a & mask) >>> 0 === (b & mask) >>> 0) return true
  // The other end may have any address: one of a private network (a packet from afar has none) that is not another's.
  return (
    at.elsewhere?.every((other) => !inNetwork(a, other)) === true &&
    privateNetworks.some((network) => inNetwork(a, network))
  )
}

const privateNetworks = [
  { address: '10.0.0.0', netmask: '255.0.0.0' },
  { address: '172.16.0.0', netmask: '255.240.0.0' },
  { address: '192.168.0.0', netmask: '255.255.0.0' },
  { address: '169.254.0.0', netmask: '255.255.0.0' },
  // RFC 6598, which VPNs use.
  { address: '100.64.0.0', netmask: '255.192.0.0' },
]

function inNetwork(
  address: number,
  { address: of, netmask }: Pick<LanInterface, 'address' | 'netmask'>,
): boolean {
  const [network, mask] = [ipv4(of), ipv4(netmask)]
  return network !== undefined && mask !== undefined && (address & mask) >>> 0 === (network & mask) >>> 0
}

export function isIpv6(at: LanInterface): boolean {
  return at.address.includes(':')
}

/** What `setMulticastInterface` and the like want to know which interface is meant. */
export function multicastInterface(at: LanInterface): string {
  return isIpv6(at) ? `::%${zonePart(at.address)}` : at.address
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(address)
}

/** RFC 4007, section 11: Windows names zones by number only. */
function zoneOf(name: string, info: NetworkInterfaceInfo): string {
  return process.platform === 'win32' && info.family === 'IPv6' ? String(info.scopeid) : name
}

function zonePart(address: string): string {
  return address.slice(address.indexOf('%') + 1)
}

function isPointToPoint(netmask: string): boolean {
  return netmask === '255.255.255.255' || netmask === '255.255.255.254'
}

function ipv4(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0
  for (const part of parts) {
    const byte = Number(part)
    if (!/^\d{1,3}$/.test(part) || byte > 255) return undefined
    value = value * 256 + byte
  }
  return value >>> 0
}
