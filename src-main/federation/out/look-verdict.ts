import { isObject } from '../../core/json.ts'
import type { LookBackAnswer } from '../look-back.ts'
import { KEYS_PATH, VERSION_PATH, type Look } from './look-at-server.ts'
import type { Probe } from './probe.ts'
import { readServerKeys } from './server-keys-answer.ts'

const ORDER = ['address', 'port', 'certificate', 'version', 'done'] as const

/** A look in a word: the address at which it came furthest counts. */
export function verdictOf(look: Look): LookBackAnswer {
  const ends = look.probes.map((each) => endOf(each, look))
  const best = ends.toSorted((a, b) => ORDER.indexOf(b.step) - ORDER.indexOf(a.step))[0]
  if (best === undefined) {
    const code = look.addresses.length === 0 ? 'no address' : 'private address'
    return { reachable: false, failed_step: 'address', code }
  }
  if (best.step === 'done') return { reachable: true, failed_step: null, code: null }
  return { reachable: false, failed_step: best.step, code: best.code.slice(0, 100) }
}

function endOf(probe: Probe, look: Look): { step: (typeof ORDER)[number]; code: string } {
  if (probe.reached === 'nothing') return { step: 'port', code: probe.error ?? '' }
  const { certificate } = probe
  if (certificate === undefined) return { step: 'certificate', code: probe.error ?? '' }
  if (certificate.problem !== undefined) return { step: 'certificate', code: certificate.problem }
  const version = probe.answers?.[VERSION_PATH]
  if (!isObject(version)) return { step: 'version', code: version ?? '' }
  const keys = probe.answers?.[KEYS_PATH]
  if (!isObject(keys)) return { step: 'version', code: keys ?? 'no keys' }
  try {
    readServerKeys(look.name.serverName, keys)
  } catch {
    return { step: 'version', code: 'keys of another server' }
  }
  return { step: 'done', code: '' }
}
