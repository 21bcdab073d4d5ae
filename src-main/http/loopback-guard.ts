/**
 * A page of another site, open in the same browser, can reach a loopback listener by rebinding its
 * own DNS name. Such a request carries that name in `Host`; so on a loopback listener only loopback
 * names (and those the owner configured) are served.
 */
export function isAllowedHost(hostHeader: string | null, extra: readonly string[]): boolean {
  if (hostHeader === null) return false
  const host = hostHeader.replace(/:\d+$/, '').toLowerCase()
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host) || extra.includes(host)
}

export function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || host.startsWith('127.')
}
