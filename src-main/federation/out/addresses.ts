import ipaddr from 'ipaddr.js'

/**
 * Is this an address of the public internet? Domain-named servers are dialled only there: a stranger's
 * DNS record or `.well-known` must not aim our requests at the local network (server-side request forgery).
 */
export function isPublicAddress(address: string): boolean {
  let ip: ipaddr.IPv4 | ipaddr.IPv6
  try {
    ip = ipaddr.process(address)
  } catch {
    return false
  }
  if (ip.kind() === 'ipv6' && ip.range() === 'rfc6052') {
    // NAT64, on networks without IPv4: what counts is the IPv4 address inside.
    return isPublicAddress((ip as ipaddr.IPv6).toByteArray().slice(12).join('.'))
  }
  return ip.range() === 'unicast'
}
