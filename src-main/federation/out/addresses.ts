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
    // NAT64, on networks without IPv4: what counts is the IPv4 address inside. It stands at the end only
    // with the well-known prefix (RFC 6052); networks may put it elsewhere with theirs (RFC 8215).
    const bytes = (ip as ipaddr.IPv6).toByteArray()
    const isWellKnown = bytes.slice(4, 12).every((byte) => byte === 0)
    return isWellKnown && isPublicAddress(bytes.slice(12).join('.'))
  }
  if (ip.range() !== 'unicast') return false
  // All of the public IPv6 internet is in 2000::/3; `::127.0.0.1`, say, is not.
  return ip.kind() === 'ipv4' || ((ip as ipaddr.IPv6).toByteArray()[0] ?? 0) >> 5 === 1
}
