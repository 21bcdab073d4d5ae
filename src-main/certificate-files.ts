import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { NetworkProblem } from './network-problems.ts'
import type { Clock } from './trace/clock.ts'
import type { Logger } from './trace/log.ts'

export interface TlsPair {
  readonly cert: string
  readonly key: string
}

const LOOK_EVERY_MS = 2_000

/** Why a certificate and a key are of no use together, in words; undefined where they are. */
export function pairProblem({ cert, key }: TlsPair): string | undefined {
  try {
    const certificate = new X509Certificate(cert)
    if (!certificate.checkPrivateKey(createPrivateKey(key))) return 'the key belongs to another certificate'
    // The rest of the chain is read by nothing else before a connection needs it.
    createSecureContext({ cert, key })
    return undefined
  } catch (error) {
    return `it cannot be read as PEM (${error instanceof Error ? error.message : String(error)})`
  }
}

export interface CertificateFiles {
  /** Looks after the files from now on. */
  follow(): void
  /** A newer certificate lies there and does not count. */
  problem(): NetworkProblem | undefined
  stop(): void
}

/**
 * The certificate of `--tls-cert`, renewed on disk while the node runs: as whatever renews it writes it (files
 * written over, put in another's place, symlinks that lead elsewhere), and only once both files belong together.
 */
export function createCertificateFiles(parts: {
  /** Paths; undefined where the node has a certificate of its own. */
  readonly files: TlsPair | undefined
  /** What they held when the node was started. */
  readonly atStart: TlsPair
  readonly use: (pair: TlsPair) => void
  readonly clock: Clock
  readonly log: Logger
}): CertificateFiles {
  const { files, clock, log } = parts
  let used = parts.atStart
  let seen = ''
  let problem: string | undefined
  let cancel: (() => void) | undefined

  function look(paths: TlsPair): void {
    try {
      const marks = markOf(paths.cert) + markOf(paths.key)
      // What was not usable is read again until it is: it may have been in the middle of being written.
      if (marks === seen && problem === undefined) return
      const pair = { cert: readFileSync(paths.cert, 'utf8'), key: readFileSync(paths.key, 'utf8') }
      const isNew = pair.cert !== used.cert || pair.key !== used.key
      const wrong = isNew ? pairProblem(pair) : undefined
      if (wrong === undefined && isNew) {
        parts.use(pair)
        used = pair
        log.note('new certificate', { file: paths.cert, validTo: new X509Certificate(pair.cert).validTo })
      }
      seen = marks
      said(wrong)
    } catch (error) {
      said(error instanceof Error ? error.message : String(error))
    }
  }

  function said(wrong: string | undefined): void {
    if (wrong !== undefined && wrong !== problem)
      log.note('the certificate on disk is not used', { file: files?.cert, reason: wrong }, 'warn')
    problem = wrong
  }

  function tick(paths: TlsPair): void {
    look(paths)
    cancel = clock.setTimeout(() => tick(paths), LOOK_EVERY_MS)
  }

  return {
    follow() {
      if (files !== undefined) tick(files)
    },
    problem() {
      if (problem === undefined || files === undefined) return undefined
      const { validTo } = new X509Certificate(used.cert)
      return {
        kind: 'certificate',
        words: `The certificate in ${files.cert} cannot be used: ${problem}. Hearth goes on with the one it has, which ends on ${validTo}.`,
        help: 'Put the certificate and the key that belong together in these files; Hearth takes them by itself.',
      }
    },
    stop: () => cancel?.(),
  }
}

/** Another one whenever the file, or the file that a link leads to, is another or was written to. */
function markOf(file: string): string {
  const { dev, ino, size, mtimeMs } = statSync(file)
  return `${dev} ${ino} ${size} ${mtimeMs};`
}
