import { parseServerName, publicKeyFromServerName } from './core/ids.ts'
import type { JsonObject, ServerName } from './core/types.ts'
import {
  CancelledError,
  testServer,
  type ServerTestDeps,
  type TestStep,
} from './federation/out/server-test.ts'
import type { ServerTestStep } from './inspector/server-test/schema.ts'
import type { TestRun } from './inspector/server-test/tests.ts'

export interface InspectServerParts extends ServerTestDeps {
  readonly serverName: ServerName
  /** `POST /_hearth/v1/domain-check`: how others come to this server. */
  readonly checkOwn: () => Promise<JsonObject>
  readonly addresses: () => readonly string[]
}

/** The federation tester: the way of this node to any server, or the way of others to its own name. */
export function createServerTestRun(parts: InspectServerParts): TestRun {
  async function own(emit: (step: ServerTestStep) => void): Promise<boolean | null> {
    if (publicKeyFromServerName(parts.serverName) !== undefined) {
      emit({
        step: 'name',
        state: 'ok',
        words:
          'This is this Hearth itself. Its name is its key, which is published nowhere: others find it by discovery on their network, or by an address.',
        details: parts.addresses().map((value) => ({ term: 'It listens at', value })),
      })
      return null
    }
    emit({ step: 'name', state: 'running', words: 'Going the way that other servers come to this one…' })
    const { steps } = await parts.checkOwn()
    const checked = (Array.isArray(steps) ? steps : []) as unknown as ServerTestStep[]
    for (const step of checked) emit(step)
    return !checked.some((step) => step.state === 'failed')
  }

  return {
    isOwn: (server) => server === parts.serverName,
    async run(server, emit, signal) {
      const name = parseServerName(server)
      if (name === undefined) {
        emit(notAName(server))
        return false
      }
      if (server === parts.serverName) return await own(emit)
      let reached: boolean | null = null
      try {
        await testServer(name, parts, (step) => tell(step), signal)
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error
      }
      return reached ?? false

      function tell(step: TestStep): void {
        if (step.step === 'signed' && step.state !== 'running') reached = step.state !== 'failed'
        emit({
          step: step.step,
          state: step.state,
          words: step.words,
          ...(step.help === undefined ? {} : { help: step.help }),
          ...(step.ms === undefined ? {} : { ms: step.ms }),
          ...(step.details === undefined ? {} : { details: step.details.map((each) => ({ ...each })) }),
        })
      }
    },
  }
}

function notAName(server: string): ServerTestStep {
  const step = { step: 'name', state: 'failed' } as const
  const words = `“${server.slice(0, 100)}” is not a server name.`
  if (/^https?:/i.test(server))
    return { ...step, words, help: 'Leave out the https:// and everything after the name.' }
  if (/^[@#!]/.test(server))
    return {
      ...step,
      words,
      help: 'It looks like the address of a person or a room: the server is what comes after the colon.',
    }
  return {
    ...step,
    words,
    help: 'A server name is a domain such as matrix.example.org, an address, or the key of a Hearth ending in .local; a port may follow after a colon.',
  }
}
