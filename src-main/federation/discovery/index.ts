export { Discovery } from './discovery.ts'
export type { DiscoveryOptions, PeerHint } from './discovery.ts'
export type { LinkHealth } from './health.ts'
export { describeInterfaces, interfaceKey, onSameSubnet, usableInterfaces } from './interfaces.ts'
export type { InterfaceInfo, LanInterface } from './interfaces.ts'
export { PeerTable } from './peer-table.ts'
export type {
  AddressSource,
  PeerAddress,
  PeerChange,
  PeerInfo,
  PeerSnapshot,
  PeerTableOptions,
} from './peer-table.ts'
export { watchNetwork } from './watch-network.ts'
