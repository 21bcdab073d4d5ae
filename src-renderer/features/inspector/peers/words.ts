import type { Tone } from '../../../ui/tag.tsx'
import { formatDuration } from '../trace-values.tsx'
import type { InspectedPeer, PeerAddress, PeerDetail } from './schema.ts'

const SOURCES: Readonly<Record<PeerAddress['source'], string>> = {
  mdns: 'Discovery',
  static: 'Option --peer',
  link: 'Link or by hand',
  inbound: 'It called',
  remembered: 'From earlier',
  dns: 'Domain name',
}

/** How an address was learned. */
export const sourceWords = (source: PeerAddress['source']): string => SOURCES[source]

/** What the specification's steps of resolving a name are, in words (Server-Server API, "Resolving server names"). */
export function routeWords(step: string): string {
  const direct: Readonly<Record<string, string>> = {
    1: 'The name is an address',
    2: 'The name says the port',
    '3.1': '.well-known names an address',
    '3.2': '.well-known names host and port',
    '3.3': '.well-known, then SRV',
    '3.4': '.well-known, then the older SRV',
    '3.5': '.well-known, then port 8448',
    4: 'SRV',
    5: 'The older SRV',
    6: 'Port 8448 of the name',
  }
  return direct[step] ?? `Step ${step}`
}

export function foundWords(peer: InspectedPeer): string {
  const ways = peer.found.map((source) =>
    source === 'dns' && peer.route !== null ? routeWords(peer.route.step) : sourceWords(source),
  )
  return ways.length === 0 ? 'Named in rooms' : ways.join(', ')
}

/** Whether, and how, it can be reached. */
export function reachWords(peer: InspectedPeer): { words: string; tone: Tone } {
  if (!peer.allowed) return { words: 'Not allowed', tone: 'neutral' }
  if (peer.tls?.match === 'mismatch' && peer.reachable !== true)
    return { words: 'Another answers', tone: 'danger' }
  if (peer.reachable === true) return { words: 'Answers', tone: 'ok' }
  if (peer.one_sided) return { words: 'Calls us only', tone: 'warn' }
  if (peer.reachable === false) return { words: 'Does not answer', tone: 'danger' }
  return { words: 'Not tried yet', tone: 'neutral' }
}

export function matchWords(tls: InspectedPeer['tls']): { words: string; tone: Tone; more: string } {
  switch (tls?.match) {
    case undefined:
      return { words: 'Not seen', tone: 'neutral', more: 'There was no connection in this run of Hearth.' }
    case 'name':
      return {
        words: 'Key is the name',
        tone: 'ok',
        more: 'The certificate is signed by the key that is the server’s name.',
      }
    case 'known key':
      return {
        words: 'Known key',
        tone: 'ok',
        more: 'The certificate is signed by a key that is known of this domain.',
      }
    case 'authority':
      return {
        words: 'Web authority',
        tone: 'ok',
        more: 'A certificate authority vouches for the name.',
      }
    case 'not checked':
      return {
        words: 'Not checked',
        tone: 'warn',
        more: 'This Hearth was started with --insecure-skip-tls-verify and takes any certificate.',
      }
    case 'mismatch':
      return {
        words: 'Not its key',
        tone: 'danger',
        more: 'Who answered last at one of its addresses is somebody else, and was not talked to.',
      }
  }
}

/** From here on people notice, and certificates and keys may count as expired. */
const WARN_SKEW_MS = 60_000

/** The other clock beside this one; off by less than the measurement can tell is in step. */
export function clockWords(clock: InspectedPeer['clock']): { words: string; tone: Tone } {
  if (clock === null) return { words: '–', tone: 'neutral' }
  const size = Math.abs(clock.difference_ms)
  if (size <= Math.max(clock.uncertainty_ms, 50)) return { words: 'In step', tone: 'ok' }
  const isOff = size - clock.uncertainty_ms > WARN_SKEW_MS
  return {
    words: `${formatDuration(size)} ${clock.difference_ms > 0 ? 'ahead' : 'behind'}`,
    tone: isOff ? 'warn' : 'neutral',
  }
}

export const roundTripWords = (peer: Pick<InspectedPeer, 'round_trip'>): string =>
  peer.round_trip === null ? '–' : formatDuration(peer.round_trip.smoothed_ms)

export const softwareWords = ({ software }: Pick<InspectedPeer, 'software'>): string =>
  software === null ? '–' : `${software.name} ${software.version}`.trim()

export function waitingWords({ pdus, edus }: { pdus: number; edus: number }): string {
  const events = pdus === 1 ? '1 event' : `${pdus.toLocaleString()} events`
  const notices = edus === 1 ? '1 notice' : `${edus.toLocaleString()} notices`
  if (pdus > 0 && edus > 0) return `${events}, ${notices}`
  return pdus > 0 ? events : edus > 0 ? notices : 'Nothing'
}

/** What happened with a peer, for its history. */
export function timelineWords({ kind, detail }: PeerDetail['timeline'][number]): {
  words: string
  tone: Tone
} {
  switch (kind) {
    case 'learned':
      return { words: 'Found at a new address, or it started anew', tone: 'neutral' }
    case 'appeared':
      return { words: 'Answers', tone: 'ok' }
    case 'gone':
      return { words: 'Does not answer any more', tone: 'danger' }
    case 'removed':
      return { words: 'Forgotten: it never answered', tone: 'neutral' }
    case 'mismatch':
      return {
        words: `Somebody else answered at its address${detail === null ? '' : `: ${detail}`}`,
        tone: 'danger',
      }
    case 'tls':
      return { words: `Recognised in another way (${detail ?? 'unknown'})`, tone: 'warn' }
    case 'software':
      return { words: `Runs ${detail ?? 'something else'} now`, tone: 'neutral' }
    case 'key':
      return { words: `A new signing key: ${detail ?? ''}`, tone: 'warn' }
    default:
      return { words: kind, tone: 'neutral' }
  }
}
