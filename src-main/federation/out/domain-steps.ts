import { isObject, ownString } from '../../core/json.ts'
import type { JsonObject, KeyId, ServerName } from '../../core/types.ts'
import { certificateStep } from './certificate-step.ts'
import { KEYS_PATH, VERSION_PATH, type Look } from './look-at-server.ts'
import type { Probe } from './probe.ts'
import { readServerKeys } from './server-keys-answer.ts'

/** One thing that others rely on to find this server; sentences for people. */
export interface CheckStep {
  readonly step: 'name' | 'well_known' | 'srv' | 'address' | 'port' | 'certificate' | 'version' | 'outside'
  readonly state: 'ok' | 'failed' | 'unknown'
  readonly words: string
  /** How to mend it, or what to keep in mind. */
  readonly help?: string
}

export interface Expected {
  readonly serverName: ServerName
  readonly keyId: KeyId
  /** Unpadded base64. */
  readonly publicKey: string
  /** `host:port` of the federation listener. */
  readonly listening: string
  /** What the settings have `/.well-known/matrix/server` say. */
  readonly wellKnownServer: string | undefined
  readonly allowPrivate: boolean
  readonly now: number
}

/** What a look at the own name found, in the order in which another server would come upon it. */
export function stepsOf(look: Look, expected: Expected): CheckStep[] {
  return [
    nameStep(look),
    ...(look.wellKnown === undefined ? [] : [wellKnownStep(look, look.wellKnown, expected)]),
    ...(look.srv === undefined ? [] : [srvStep(look, look.srv)]),
    addressStep(look, expected),
    portStep(look, expected),
    certificateStep(look, expected.now),
    versionStep(look, expected),
  ]
}

function nameStep({ name }: Look): CheckStep {
  const { host, serverName } = name
  if (name.isIpLiteral) {
    return {
      step: 'name',
      state: 'ok',
      words: `${serverName} is an address and not a name.`,
      help: 'It works for as long as this address stays the same, and needs a certificate for an address, which few authorities give.',
    }
  }
  if (host === 'localhost' || !host.includes('.') || /\.(local|lan|home|internal|localdomain)$/i.test(host)) {
    return {
      step: 'name',
      state: 'failed',
      words: `${host} is a name for one computer or one network: servers elsewhere cannot look it up.`,
      help: 'A data folder keeps one server name for ever. For a name that everybody can find, start a new folder with a domain of your own: --data-dir <folder> --server-name example.org',
    }
  }
  if (name.port !== undefined) {
    const words = `${serverName} names its port, so other servers go straight there.`
    return { step: 'name', state: 'ok', words }
  }
  return { step: 'name', state: 'ok', words: `${serverName} is a domain name.` }
}

export function wellKnownStep(
  { name }: Look,
  { said, delegated }: NonNullable<Look['wellKnown']>,
  { wellKnownServer }: Expected,
): CheckStep {
  const step = 'well_known'
  const url = `https://${name.host}/.well-known/matrix/server`
  if (delegated !== undefined && wellKnownServer !== undefined && delegated !== wellKnownServer) {
    return {
      step,
      state: 'failed',
      words: `${url} says ${delegated}, while your settings say ${wellKnownServer}.`,
      help: `Put the text below at this address, or correct well_known_server in the settings.`,
    }
  }
  if (delegated !== undefined) {
    return { step, state: 'ok', words: `${url} sends other servers to ${delegated}.` }
  }
  if (said === 200) {
    return {
      step,
      state: 'failed',
      words: `${url} answers, but with something that names no server.`,
      help: 'It has to be exactly the text below. Where the site shows its start page for every address, this one needs an exception.',
    }
  }
  if (wellKnownServer !== undefined) {
    return {
      step,
      state: 'failed',
      words: `Your settings have ${url} say ${wellKnownServer}, but other servers do not get that (${saidWords(said)}).`,
      help: 'Have the web server of the domain serve the text below at this address, or pass the address on to Hearth.',
    }
  }
  return {
    step,
    state: 'ok',
    words: `${url} sends other servers nowhere else (${saidWords(said)}), so they go on to look at DNS.`,
  }
}

const saidWords = (said: number | string): string =>
  typeof said === 'number' ? `it answers ${said}` : `no answer: ${said.slice(0, 200)}`

export function srvStep({ route }: Look, srv: NonNullable<Look['srv']>): CheckStep {
  const step = 'srv'
  const broken = srv.flatMap(({ name, found }) =>
    typeof found === 'string' ? [{ name, why: found }] : [],
  )[0]
  const used = srv.find((each) => typeof each.found !== 'string' && each.found.length > 0)
  if (used === undefined && broken !== undefined) {
    return {
      step,
      state: 'unknown',
      words: `DNS gives no answer about ${broken.name} (${broken.why.slice(0, 200)}).`,
      help: 'Try again; if it stays so, the name servers of the domain are at fault, and other servers have the same trouble.',
    }
  }
  if (used === undefined) {
    const words = `DNS has no SRV record, so other servers take port 8448 of ${route.hostHeader}.`
    return { step, state: 'ok', words }
  }
  const targets = route.targets.map(({ host, port }) => `${host}:${port}`).join(', ')
  return {
    step,
    state: 'ok',
    words: `DNS sends other servers to ${targets} (${used.name}).`,
    ...(used.name.startsWith('_matrix._tcp.')
      ? {
          help: `This kind of record is going out of use: rename it to ${used.name.replace('_matrix.', '_matrix-fed.')}.`,
        }
      : {}),
  }
}

export function addressStep(
  { route, addresses, addressProblem }: Look,
  { allowPrivate }: Expected,
): CheckStep {
  const step = 'address'
  const host = route.targets[0]?.host ?? route.hostHeader
  if (addresses.length === 0) {
    return {
      step,
      state: 'failed',
      words:
        addressProblem === undefined || addressProblem.endsWith('has no address')
          ? `DNS has no address for ${host}.`
          : `DNS gives no address for ${host} (${addressProblem.slice(0, 200)}).`,
      help: 'Where the domain is managed, add an A record with the public IPv4 address of this network, or an AAAA record with the IPv6 address of this computer.',
    }
  }
  const list = addresses.map((each) => each.host).join(', ')
  if (!allowPrivate && addresses.every((each) => each.isPrivate)) {
    return {
      step,
      state: 'failed',
      words: `${host} is at ${list}, which only this network reaches.`,
      help: 'Put the public address of your router or server into DNS, not the one inside your network.',
    }
  }
  return { step, state: 'ok', words: `${host} is at ${list}.` }
}

export function portStep({ probes }: Look, { listening }: Expected): CheckStep {
  const step = 'port'
  if (probes.length === 0) return { step, state: 'unknown', words: 'There is no address whose port to try.' }
  const closed = probes.filter((each) => each.reached === 'nothing')
  const open = probes.filter((each) => each.reached !== 'nothing')
  if (closed.length === 0) {
    return { step, state: 'ok', words: `${open.map(where).join(' and ')} can be connected to.` }
  }
  const refused = closed.map((each) => `${where(each)} (${failureWords(each.error)})`).join(' and ')
  if (open.length > 0) {
    return {
      step,
      state: 'failed',
      words: `${open.map(where).join(' and ')} can be connected to, but not ${refused}: some servers will try that one.`,
      help: 'Open the port for this address too, or take its record out of DNS.',
    }
  }
  const loopback = /^(127\.|\[?::1\]?:)/.test(listening)
  return {
    step,
    state: 'failed',
    words: `Nothing could be connected to at ${refused}.`,
    help: loopback
      ? `Hearth listens at ${listening} only, which nobody outside reaches: set federation_listen to [::]:8448, or put a proxy in front.`
      : `Have your router or hosting provider let this port through to Hearth, which listens at ${listening}, and allow it in the firewall of this computer.`,
  }
}

export const where = (probe: Probe): string =>
  `${probe.address.includes(':') ? `[${probe.address}]` : probe.address}:${probe.port}`

export function failureWords(code: string | undefined): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'it refuses'
    case 'timed out':
    case 'ETIMEDOUT':
      return 'it does not answer'
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return 'there is no way there from here'
    default:
      return (code ?? 'it fails').slice(0, 100)
  }
}

function versionStep({ probes, route }: Look, expected: Expected): CheckStep {
  const step = 'version'
  const reached = probes.filter((each) => each.reached === 'tls')
  if (reached.length === 0) return { step, state: 'unknown', words: 'Nobody could be asked who is there.' }
  for (const one of reached) {
    const version = one.answers?.[VERSION_PATH]
    if (!isObject(version)) {
      return {
        step,
        state: 'failed',
        words: `At ${where(one)} there is no Matrix server (${(version ?? 'no answer').slice(0, 100)}).`,
        help: `Something else has this port, or a proxy in front does not pass Matrix on. It has to send everything under /_matrix/ for ${route.hostHeader} to https://${expected.listening}.`,
      }
    }
    const name = softwareName(version)
    if (!isOurs(one.answers?.[KEYS_PATH], expected)) {
      return {
        step,
        state: 'failed',
        words: `At ${where(one)} there is ${name}, but it does not have this server's key.`,
        help: 'Another server has this name, or had it: stop that one, or send its port here.',
      }
    }
  }
  const name = softwareName(reached[0]?.answers?.[VERSION_PATH])
  return { step, state: 'ok', words: `${name} answers there, with this server's key.` }
}

/** What answered the question for its version. */
export function softwareName(version: unknown): string {
  const server = isObject(version) ? version['server'] : undefined
  const text = [ownString(server, 'name'), ownString(server, 'version')].filter((part) => part !== undefined)
  return text.length === 0 ? 'some Matrix server' : text.join(' ').slice(0, 100)
}

function isOurs(answer: JsonObject | string | undefined, expected: Expected): boolean {
  if (!isObject(answer)) return false
  try {
    return readServerKeys(expected.serverName, answer).some(
      (key) => key.keyId === expected.keyId && key.publicKey === expected.publicKey,
    )
  } catch {
    // It is about another server, or not signed by it: not ours.
    return false
  }
}
