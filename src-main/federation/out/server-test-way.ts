import { isObject } from '../../core/json.ts'
import type { JsonObject, ServerName } from '../../core/types.ts'
import { verifyPeerCertificate } from '../tls/verify-certificate.ts'
import { certificateStep as webCertificateStep } from './certificate-step.ts'
import * as domain from './domain-steps.ts'
import { KEYS_PATH, VERSION_PATH } from './look-at-server.ts'
import type { Probe } from './probe.ts'
import { readServerKeys } from './server-keys-answer.ts'
import { expectedOf, lookOf } from './server-test-words.ts'
import type { TestStep } from './server-test.ts'

/** How far each address led. */
export interface Way {
  readonly server: ServerName
  /** Whom the certificate should be for; empty where the key is the name. */
  readonly tlsName: string
  readonly probes: readonly Probe[]
  /** Of "Resolving server names". */
  readonly step: string | undefined
  readonly isFixed: boolean
}

export function portStep({ probes, step, isFixed }: Way): TestStep {
  const look = lookOf(
    { host: '', serverName: '' as ServerName, isIpLiteral: false, port: undefined },
    { probes },
  )
  const { state, words } = domain.portStep(look, { ...expectedOf(look.name, true), listening: '' })
  const open = probes.filter((probe) => probe.reached !== 'nothing')
  const source = isFixed
    ? 'The address is from --peer: is it still right? '
    : step?.startsWith('3') === true
      ? 'The address is from .well-known: is it still right? '
      : ''
  return {
    step: 'port',
    // One address that works is enough; the others cost time.
    state: state === 'failed' && open.length > 0 ? 'warn' : state,
    words,
    help:
      state === 'failed' && open.length === 0
        ? `${source}The server may be off, or a firewall in between blocks the port: there, on the way, or on this computer.`
        : undefined,
    ms: fastest(probes, 'connect'),
    details: probes.map((probe) => ({
      term: domain.where(probe),
      value:
        probe.reached === 'nothing'
          ? domain.failureWords(probe.error)
          : `connected in ${Math.round(probe.ms?.connect ?? 0)} ms`,
    })),
  }
}

export function certificateStep(
  way: Way,
  trusted: readonly string[],
  { now, skipVerify }: { readonly now: number; readonly skipVerify: boolean },
): TestStep {
  const step = 'certificate'
  const open = way.probes.filter((probe) => probe.reached !== 'nothing')
  const ms = fastest(open, 'tls')
  const versions = [...new Set(open.flatMap((probe) => probe.certificate?.tlsVersion ?? []))].join(', ')
  const details = versions === '' ? [] : [{ term: 'TLS', value: versions }]
  const proofs = open.flatMap((probe) => {
    const der = probe.certificate?.der
    return der === undefined ? [] : [verifyPeerCertificate(der, trusted)]
  })
  if (trusted.length > 0 && proofs.some((proof) => proof.verdict === 'accept')) {
    const words =
      way.tlsName === ''
        ? 'The certificate carries the key that is the server’s name, and is signed with it.'
        : 'The certificate carries a key that is known of this server, and is signed with it.'
    return { step, state: 'ok', words, ms, details }
  }
  if (way.tlsName === '') {
    const reason = proofs.find((proof) => proof.verdict !== 'accept')
    const said = reason !== undefined && 'reason' in reason ? reason.reason : 'It shows no certificate.'
    return {
      step,
      state: 'failed',
      words: `Who answers there is not this server. ${said}`,
      help: 'Another Hearth or another program has this address now. When the right one announces itself or calls, its new address is taken by itself; an address that was given by hand has to be given anew.',
      ms,
      details,
    }
  }
  const found = webCertificateStep(
    lookOf(
      { host: way.tlsName, serverName: way.server, isIpLiteral: false, port: undefined },
      { probes: way.probes, route: { targets: [], hostHeader: way.tlsName, tlsName: way.tlsName, step: '' } },
    ),
    now,
  )
  if (found.state === 'failed' && skipVerify) {
    const words = `${found.words} It is taken all the same: this Hearth was started with --insecure-skip-tls-verify.`
    return { step, state: 'warn', words, ms, details }
  }
  const problem = open.flatMap((probe) => probe.certificate?.problem ?? [])[0]
  return {
    step,
    state: found.state,
    words: found.words,
    help: found.state === 'failed' ? certificateHelp(problem) : undefined,
    ms,
    details,
  }
}

function certificateHelp(problem: string | undefined): string {
  switch (problem) {
    case undefined:
      return 'Something else than a Matrix server may have this port, or a proxy in front of it is set up wrongly.'
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'If the clock of this computer is right, only whoever runs the server can renew it.'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'Whoever runs the server has to get a certificate for this name, or to point .well-known at the name that the certificate is for.'
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'Whoever runs the server has to install the whole chain (often named fullchain.pem). If it is from an authority of your own, start Hearth with --tls-ca <file>.'
    default:
      return 'Whoever runs the server has to get a certificate from an authority that all know, such as Let’s Encrypt. If the authority is your own, start Hearth with --tls-ca <file>.'
  }
}

export function keysStep(way: Way, trusted: readonly string[]): TestStep {
  const step = 'keys'
  const answer = bestAnswer(way, KEYS_PATH)
  if (!isObject(answer)) {
    const words = `Its signing keys could not be fetched (${(answer ?? 'no answer').slice(0, 100)}).`
    return { step, state: 'failed', words, help: 'Without them nothing that it signs can be believed.' }
  }
  try {
    const keys = readServerKeys(way.server, answer)
    const current = keys.filter((key) => !key.old)
    const isNew = trusted.length > 0 && !current.some((key) => trusted.includes(key.publicKey))
    const details = keys.map((key) => ({
      term: `${key.keyId}${key.old ? ' (earlier)' : ''}`,
      value: `${key.publicKey}, until ${dateOf(key.validUntilTs)}`,
    }))
    if (isNew && way.tlsName === '') {
      const words = 'It publishes another key than the one in its name.'
      return { step, state: 'failed', words, details }
    }
    if (isNew) {
      const vouched = keys.some((key) => key.old && trusted.includes(key.publicKey))
      return {
        step,
        state: 'warn',
        words: vouched
          ? 'Its key has changed since this Hearth fetched it last, and it vouches for the one before.'
          : 'Its key has changed since this Hearth fetched it last, and it does not vouch for the one before.',
        help: vouched
          ? undefined
          : 'It may have been set up anew, or somebody else may have the name now. Ask whoever runs it before you trust it with more.',
        details: [...details, ...trusted.map((key) => ({ term: 'known before', value: key }))],
      }
    }
    const count = current.length === 1 ? 'One signing key' : `${current.length} signing keys`
    return { step, state: 'ok', words: `${count}, and the signature on the list holds.`, details }
  } catch (error) {
    return {
      step,
      state: 'failed',
      words: `Its keys cannot be believed: ${(error instanceof Error ? error.message : String(error)).slice(0, 200)}.`,
      help: 'Another server may answer under this name: the address above may lead to the wrong one.',
    }
  }
}

export function versionStep(way: Way): TestStep {
  const step = 'version'
  const answer = bestAnswer(way, VERSION_PATH)
  const ms = fastest(way.probes, 'answers')
  if (isObject(answer)) return { step, state: 'ok', words: `${domain.softwareName(answer)} answers.`, ms }
  return {
    step,
    state: 'failed',
    words: `There is no Matrix server that answers there (${(answer ?? 'no answer').slice(0, 100)}).`,
    help: 'Something else may have this port, or a proxy in front of the server does not pass everything under /_matrix/ on.',
    ms,
  }
}

function bestAnswer({ probes }: Way, path: string): JsonObject | string | undefined {
  const answers: (JsonObject | string)[] = []
  for (const { answers: of } of probes) {
    const answer = of?.[path]
    if (answer !== undefined) answers.push(answer)
  }
  return answers.find((answer): answer is JsonObject => isObject(answer)) ?? answers[0]
}

function fastest(probes: readonly Probe[], stage: keyof NonNullable<Probe['ms']>): number | undefined {
  const times = probes.flatMap((probe) => probe.ms?.[stage] ?? [])
  return times.length === 0 ? undefined : Math.min(...times)
}

function dateOf(ts: number): string {
  const date = new Date(ts)
  return Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString().slice(0, 10)
}
