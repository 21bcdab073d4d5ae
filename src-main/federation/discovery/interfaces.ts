import type { NetworkInterfaceInfo } from 'node:os'

/** An IPv4 address of this machine on a network where peers may be. */
export interface LanInterface {
  readonly name: string
  readonly address: string
  readonly netmask: string
}

/** Names that VPNs, containers and virtual machines give their interfaces: no people behind them. */
const virtual =
  /^(docker|br-|veth|virbr|vmnet|vmenet|vboxnet|tun|tap|utun|wg|tailscale|zt|ppp|cni|flannel|cali|podman|lxc|lxdbr|awdl|llw|ifb|dummy|vEthernet)/i

/**
 * The interfaces to discover on: real networks, or with `chosen` exactly the named ones. A machine
 * without any network uses its loopback, so that two nodes on it still meet.
 */
export function usableInterfaces(
  all: NodeJS.Dict<NetworkInterfaceInfo[]>,
  chosen?: readonly string[],
): LanInterface[] {
  const usable: LanInterface[] = []
  const loopback: LanInterface[] = []
  for (const [name, addresses] of Object.entries(all)) {
    for (const info of addresses ?? []) {
      if (info.family !== 'IPv4') continue
      const found = { name, address: info.address, netmask: info.netmask }
      if (chosen !== undefined) {
        if (chosen.includes(name)) usable.push(found)
      } else if (info.internal) loopback.push(found)
      else if (!isVirtual(name) && !isPointToPoint(info.netmask)) usable.push(found)
    }
  }
  return usable.length === 0 && chosen === undefined ? loopback.slice(0, 1) : usable
}

/** By its name a VPN's, a container's or a virtual machine's. */
export function isVirtual(name: string): boolean {
  return virtual.test(name)
}

export function interfaceKey(at: LanInterface): string {
  return `${at.name} ${at.address}/${at.netmask}`
}

export function onSameSubnet(address: string, at: LanInterface): boolean {
  const a = ipv4(address)
  const b = ipv4(at.address)
  const mask = ipv4(at.netmask)
  if (a === undefined || b === undefined || mask === undefined) return false
  return (a & mask) >>> 0 === (b & mask) >>> 0
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
