import type { NetworkInterfaceInfo } from 'node:os'

/**
 * An IPv4 address of this machine on a network where peers may be; on a machine that has none, a link-local IPv6
 * address with its zone (`fe80::1%eth0`).
 */
export interface LanInterface {
  readonly name: string
  readonly address: string
  readonly netmask: string
}

/** Names that VPNs, containers and virtual machines give their interfaces: no people behind them. */
const virtual =
  /^(docker|br-|veth|virbr|vmnet|vmenet|vboxnet|tun|tap|utun|wg|tailscale|zt|ppp|cni|flannel|cali|podman|lxc|lxdbr|awdl|llw|ifb|dummy|vEthernet)/i

const MAX_LINK_LOCAL = 4

/**
 * The interfaces to discover on: real networks, or with `chosen` exactly the named ones by IPv4. A machine
 * without any network uses its loopback, so that two nodes on it still meet.
 */
export function usableInterfaces(
  all: NodeJS.Dict<NetworkInterfaceInfo[]>,
  chosen?: readonly string[],
): LanInterface[] {
  const usable: LanInterface[] = []
  const linkLocal: LanInterface[] = []
  const loopback: LanInterface[] = []
  for (const [name, addresses] of Object.entries(all)) {
    for (const info of addresses ?? []) {
      if (info.family === 'IPv6') {
        if (!info.internal && !isVirtual(name) && isLinkLocal(info.address))
          linkLocal.push({ name, address: `${info.address}%${zoneOf(name, info)}`, netmask: info.netmask })
        continue
      }
      const found = { name, address: info.address, netmask: info.netmask }
      if (chosen !== undefined) {
        if (chosen.includes(name)) usable.push(found)
      } else if (info.internal) loopback.push(found)
      else if (!isVirtual(name) && !isPointToPoint(info.netmask)) usable.push(found)
    }
  }
  if (usable.length > 0 || chosen !== undefined) return usable
  // Beside a network with IPv4 one without is rarely one at all: every bridge and unplugged socket has such an address.
  return linkLocal.length > 0 ? linkLocal.slice(0, MAX_LINK_LOCAL) : loopback.slice(0, 1)
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
  return (a & mask) >>> 0 === (b & mask) >>> 0
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
