import type { TraceItem } from '../../../client/trace.ts'
import { formatBytes } from '../../../model/measures.ts'

export type PhaseKind =
  | 'wait'
  | 'resolve'
  | 'connect'
  | 'tls'
  | 'exchange'
  | 'answer'
  | 'read'
  | 'authenticate'
  | 'handle'

/** In the order in which they follow each other. */
export const PHASES: readonly { kind: PhaseKind; label: string; help: string; direction: 'out' | 'in' }[] = [
  { kind: 'wait', label: 'Wait', help: 'For its turn, or for a free connection', direction: 'out' },
  {
    kind: 'resolve',
    label: 'Resolve',
    help: 'Where the server is: .well-known, SRV, addresses',
    direction: 'out',
  },
  { kind: 'connect', label: 'Connect', help: 'TCP', direction: 'out' },
  { kind: 'tls', label: 'TLS', help: 'The handshake, and the proof of who it is', direction: 'out' },
  { kind: 'exchange', label: 'Request', help: 'Sent, until the answer begins', direction: 'out' },
  { kind: 'answer', label: 'Answer', help: 'Until all of the answer is there', direction: 'out' },
  { kind: 'read', label: 'Read', help: 'Until all of the request is there', direction: 'in' },
  {
    kind: 'authenticate',
    label: 'Authenticate',
    help: 'The signature of the other server, and its key',
    direction: 'in',
  },
  { kind: 'handle', label: 'Handle', help: 'What was asked for', direction: 'in' },
]

export interface Phase {
  readonly kind: PhaseKind
  /** In ms after the operation began. */
  readonly at: number
  readonly ms: number
  /** What is to be known of it. */
  readonly words: string
  readonly error: string | undefined
}

/** Of a request to another server, from its item. */
export function phasesOut(request: TraceItem): Phase[] {
  const phases: Phase[] = []
  let end = request.at
  const add = (kind: PhaseKind, item: TraceItem, words: string): void => {
    phases.push({ kind, at: item.at, ms: item.ms, words, error: item.error?.message })
    end = Math.max(end, item.at + item.ms)
  }
  /** What lies between the end of one step and the beginning of the next is waiting. */
  const wait = (until: number): void => {
    if (until - end >= NOTICEABLE_MS)
      phases.push({ kind: 'wait', at: end, ms: until - end, words: '', error: undefined })
    end = Math.max(end, until)
  }
  for (const step of request.children) {
    if (step.label === 'resolve') add('resolve', step, resolveWords(step))
    else if (step.label === 'connection') {
      wait(step.at)
      for (const look of step.children.filter(({ label }) => label === 'look up'))
        add('resolve', look, `${text(look, 'host')}: ${text(look, 'addresses') || 'no address'}`)
      const attempt = chosenAttempt(step)
      const connect = attempt?.children.find(({ label }) => label === 'connect')
      const tls = attempt?.children.find(({ label }) => label === 'TLS')
      if (attempt !== undefined && connect !== undefined) add('connect', connect, text(attempt, 'address'))
      if (tls !== undefined) add('tls', tls, tlsWords(tls))
    } else if (step.label === 'exchange') {
      wait(step.at)
      add('exchange', step, exchangeWords(step))
    } else if (step.label === 'answer') add('answer', step, sizeWords(step))
  }
  return phases
}

/** Of a request of another server. */
export function phasesIn(record: TraceItem): Phase[] {
  const kinds: Readonly<Record<string, PhaseKind>> = {
    'read body': 'read',
    authenticate: 'authenticate',
    handle: 'handle',
  }
  return record.children.flatMap((step) => {
    const kind = kinds[step.label]
    if (kind === undefined) return []
    const words = kind === 'authenticate' ? text(step, 'key') : kind === 'read' ? sizeWords(record) : ''
    return [{ kind, at: step.at, ms: step.ms, words, error: step.error?.message }]
  })
}

/** The one that got through, else the one that was tried longest. */
function chosenAttempt(connection: TraceItem): TraceItem | undefined {
  const attempts = attemptsOf(connection)
  return attempts.find(({ error }) => error === undefined) ?? attempts.toSorted((a, b) => b.ms - a.ms)[0]
}

export function attemptsOf(connection: TraceItem): TraceItem[] {
  return connection.children.filter(({ label }) => label === 'attempt')
}

const NOTICEABLE_MS = 0.5

const STEPS: Readonly<Record<string, string>> = {
  '1': 'the name is an address',
  '2': 'the name has a port',
  '3.1': '.well-known names an address',
  '3.2': '.well-known names a host and a port',
  '3.3': '.well-known, then SRV _matrix-fed',
  '3.4': '.well-known, then SRV _matrix',
  '3.5': '.well-known, then port 8448',
  '4': 'SRV _matrix-fed',
  '5': 'SRV _matrix',
  '6': 'the name itself, port 8448',
}

function resolveWords(step: TraceItem): string {
  switch (text(step, 'way')) {
    case 'node':
      return 'The name is a key: the addresses that are known of it'
    case 'static':
      return 'A fixed address, from the settings'
    case 'lan':
      return 'An address on the local network first'
    default: {
      const rule = text(step, 'step')
      const known = step.values['cached'] === true ? ', known from before' : ''
      return `${STEPS[rule] ?? 'by the specification'} (step ${rule || '?'}${known})`
    }
  }
}

function tlsWords(step: TraceItem): string {
  const proofs: Readonly<Record<string, string>> = {
    key: 'the certificate carries the server’s key',
    authority: 'a certificate authority vouches for the name',
    'not checked': 'the certificate was not checked',
  }
  return [text(step, 'protocol'), proofs[text(step, 'proof')]].filter(Boolean).join(', ')
}

function exchangeWords(step: TraceItem): string {
  const how = step.values['reused'] === true ? 'on a connection that was kept open' : 'on a new connection'
  return `${text(step, 'address')}, ${how}`
}

function sizeWords(item: TraceItem): string {
  const bytes = item.values['bytes']
  return typeof bytes === 'number' ? formatBytes(bytes) : ''
}

export function text({ values }: TraceItem, name: string): string {
  const value = values[name]
  return typeof value === 'string' ? value : ''
}
