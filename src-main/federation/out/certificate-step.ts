import type { CheckStep } from './domain-steps.ts'
import type { Look } from './look-at-server.ts'

const DAY_MS = 24 * 3_600_000
const SOON_DAYS = 14

/** Whether others believe the certificate, and for how long ("The target server must present a valid certificate"). */
export function certificateStep({ probes, route }: Look, now: number): CheckStep {
  const step = 'certificate'
  const name = route.tlsName
  const open = probes.filter((each) => each.reached !== 'nothing')
  if (open.length === 0) return { step, state: 'unknown', words: 'No certificate could be looked at.' }
  const mute = open.find((each) => each.certificate === undefined)
  if (mute !== undefined) {
    return {
      step,
      state: 'failed',
      words: `Port ${mute.port} of ${mute.address} is open, but does not speak TLS (${(mute.error ?? 'no answer').slice(0, 100)}).`,
      help: 'Servers speak to each other over TLS only. Send this port to the federation listener of Hearth, not to the one for apps.',
    }
  }
  const certificates = open.flatMap((each) => each.certificate ?? [])
  const wrong = certificates.find((each) => each.problem !== undefined)
  if (wrong?.problem !== undefined) {
    const [words, help] = problemWords(wrong.problem, name, wrong.validToTs)
    return { step, state: 'failed', words, help }
  }
  const ends = Math.min(...certificates.map((each) => each.validToTs))
  const days = Math.floor((ends - now) / DAY_MS)
  const issuer = certificates[0]?.issuer ?? ''
  const left = days === 1 ? '1 more day' : `${days} more days`
  return {
    step,
    state: 'ok',
    words: `The certificate is valid for ${name}, by ${issuer.slice(0, 100)}, for ${left} (until ${dateOf(ends)}).`,
    ...(days < SOON_DAYS
      ? {
          help: 'It ends soon. Renew it, and start Hearth anew so that it is used; a tool such as certbot or Caddy renews by itself.',
        }
      : {}),
  }
}

const GET_ONE =
  'Get a certificate for this name from an authority such as Let’s Encrypt, and start Hearth with --tls-cert <fullchain.pem> --tls-key <privkey.pem>; or put a web server that has one in front.'

function problemWords(problem: string, name: string, validToTs: number): [words: string, help: string] {
  switch (problem) {
    case 'CERT_HAS_EXPIRED':
      return [
        `The certificate for ${name} was valid until ${dateOf(validToTs)}.`,
        'Renew it, and start Hearth anew so that it is used.',
      ]
    case 'CERT_NOT_YET_VALID':
      return [
        `The certificate for ${name} is not valid yet.`,
        'Look whether the clock of this computer is right.',
      ]
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return [`The certificate is for another name than ${name}.`, GET_ONE]
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return [`The certificate is self-signed: other servers do not believe that this is ${name}.`, GET_ONE]
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return [
        `The certificate comes without the ones between it and an authority, or from an authority that nobody knows.`,
        'Give Hearth the whole chain (often named fullchain.pem), not the certificate alone.',
      ]
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return ['The certificate is from a private authority that other servers do not know.', GET_ONE]
    default:
      return [`The certificate cannot be verified (${problem.slice(0, 100)}).`, GET_ONE]
  }
}

function dateOf(ts: number): string {
  return Number.isFinite(ts) ? new Date(ts).toISOString().slice(0, 10) : 'an unknown day'
}
