import type { ParsedServerName } from '../../core/ids.ts'
import { publicKeyFromServerName } from '../../core/ids.ts'
import type { KeyId, ServerName } from '../../core/types.ts'
import * as domain from './domain-steps.ts'
import type { Look } from './look-at-server.ts'
import type { Route, Target } from './resolve-server-name.ts'
import type { StepName, TestStep } from './server-test.ts'

const textOf = ({ host, port }: Target): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

export const running = (step: StepName, words: string): TestStep => ({ step, state: 'running', words })
export const askingWellKnown = (host: string): string => `Asking https://${host}/.well-known/matrix/server…`
export const connecting = (targets: readonly Target[]): string =>
  `Connecting to ${targets.slice(0, 8).map(textOf).join(', ')}…`

export function nameStep(name: ParsedServerName): TestStep {
  const { host, serverName, port } = name
  const step = 'name'
  if (publicKeyFromServerName(serverName) !== undefined) {
    return {
      step,
      state: 'ok',
      words:
        'The name is a key: a Hearth without a domain. Its check digits are right, and who answers can be checked against the name alone.',
    }
  }
  if (/^[a-z2-7]{56}\.local$/i.test(host)) {
    return {
      step,
      state: 'failed',
      words: 'The name looks like the key of a Hearth, but its check digits are wrong.',
      help: 'Some character is missing or mistyped. Copy the name anew.',
    }
  }
  if (name.isIpLiteral)
    return { step, state: 'ok', words: `${serverName} is an address: this Hearth goes straight there.` }
  if (port !== undefined)
    return { step, state: 'ok', words: `${host} is a domain name, and the name says the port: ${port}.` }
  return { step, state: 'ok', words: `${serverName} is a domain name.` }
}

export function rulesStep(server: ServerName, allowed: boolean): TestStep {
  const step = 'rules'
  if (allowed) return { step, state: 'ok', words: 'The rules of this Hearth allow it.' }
  return {
    step,
    state: 'failed',
    words: `The rules of this Hearth do not allow ${server}, so nothing is sent there and nothing is taken from it.`,
    help: 'Settings → Servers changes the rules at once.',
  }
}

export function lanStep(
  server: ServerName,
  found: {
    readonly fixed: Target | undefined
    readonly candidates: readonly (Target & { readonly source: string })[]
    readonly isKeyNamed: boolean
  },
): TestStep {
  const step = 'lan'
  if (found.fixed !== undefined) {
    const words = `This Hearth was started with a fixed address for it: ${textOf(found.fixed)}.`
    return { step, state: 'ok', words: found.isKeyNamed ? words : `${words} DNS is not asked.` }
  }
  if (found.candidates.length === 0) {
    return {
      step,
      state: 'failed',
      words: `No address is known of ${server}: discovery has not heard of it, and nobody gave one.`,
      help: 'Are both computers on the same network? Where a network hides computers from each other, open “Add somebody by address” with the link or the address of the other Hearth.',
    }
  }
  return {
    step,
    state: 'ok',
    words: found.isKeyNamed
      ? `${found.candidates.length === 1 ? 'One address is' : `${found.candidates.length} addresses are`} known.`
      : 'It is on this network too; where its key is known, it is dialled here before its public address.',
    details: found.candidates
      .slice(0, 16)
      .map((each) => ({ term: textOf(each), value: SOURCES[each.source] ?? each.source })),
  }
}

const SOURCES: Readonly<Record<string, string>> = {
  mdns: 'announced on this network',
  static: 'given at the start (--peer)',
  link: 'given by a link or by hand',
  inbound: 'it called from there',
  remembered: 'it was there before',
}

/** The pages, records and certificates are somebody else's here: what to do about them is another thing. */
export const lookOf = (name: ParsedServerName, part: Partial<Look>): Look => ({
  name,
  wellKnown: undefined,
  srv: undefined,
  route: { targets: [], hostHeader: name.host, tlsName: name.host, step: '' },
  addresses: [],
  addressProblem: undefined,
  probes: [],
  ...part,
})
export const expectedOf = (name: ParsedServerName, allowPrivate: boolean): domain.Expected => ({
  serverName: name.serverName,
  keyId: '' as KeyId,
  publicKey: '',
  listening: '',
  wellKnownServer: undefined,
  allowPrivate,
  now: 0,
})

export function wellKnownStep(name: ParsedServerName, wellKnown: NonNullable<Look['wellKnown']>): TestStep {
  const { state, words } = domain.wellKnownStep(
    lookOf(name, { wellKnown }),
    wellKnown,
    expectedOf(name, false),
  )
  return {
    step: 'well_known',
    state,
    words,
    help:
      state === 'failed'
        ? 'Whoever runs the server has to correct this page: it should be JSON such as {"m.server": "matrix.example.org:443"}, or not be there. Until then it is passed over.'
        : undefined,
  }
}

export function srvStep(name: ParsedServerName, srv: NonNullable<Look['srv']>, route: Route): TestStep {
  const { state, words, help } = domain.srvStep(lookOf(name, { srv, route }), srv)
  return {
    step: 'srv',
    state,
    words,
    help: state === 'unknown' ? help : undefined,
    details: [routeDetail(route)],
  }
}

export function noSrvStep(route: Route): TestStep {
  return {
    step: 'srv',
    state: 'ok',
    words: 'Not needed: the address and port are settled.',
    details: [routeDetail(route)],
  }
}

const routeDetail = (route: Route) => ({
  term: `Step ${route.step} of “Resolving server names”`,
  value: route.targets.map(textOf).join(', '),
})

export function addressStep(name: ParsedServerName, part: Partial<Look>, allowPrivate: boolean): TestStep {
  const look = lookOf(name, part)
  const { state, words } = domain.addressStep(look, expectedOf(name, allowPrivate))
  const isPrivate = look.addresses.length > 0
  return {
    step: 'address',
    state,
    words,
    help:
      state !== 'failed'
        ? undefined
        : isPrivate
          ? 'A domain name is dialled at public addresses only, so that no stranger’s DNS leads into this network. If the server is yours, start Hearth with --allow-private-addresses, or with --peer <name>=<address>.'
          : 'Is the name spelt right? Then whoever runs the server has to add an A or AAAA record where the domain is managed; or the DNS of this network is at fault, which other names would show.',
  }
}
