import { makeCertificates } from '../harness/process/certificates.ts'
import { startDomainHearth } from '../harness/process/hearth.ts'
import { scratchFolder } from '../harness/process/scratch.ts'
import { startSynapse, type SynapseProcess } from '../harness/process/synapse.ts'

/** What the interop tests need of either server. */
export interface TestServer {
  readonly serverName: string
  readonly clientUrl: string
  readonly registrationSecret: string
  stop(): Promise<void>
  start(): Promise<void>
}

/**
 * A Hearth node and a Synapse that trust one test authority. With `HEARTH_INTEROP_CONTROL=1` a
 * second Synapse takes Hearth's place: what fails then is a fault of the test.
 */
export async function startPair(): Promise<{ hearth: TestServer; synapse: SynapseProcess }> {
  const certificates = makeCertificates(scratchFolder('authority'))
  const control = process.env['HEARTH_INTEROP_CONTROL'] === '1'
  const [hearth, synapse] = await Promise.all([
    control ? startSynapse({ certificates, label: 'control' }) : startDomainHearth(certificates),
    startSynapse({ certificates }),
  ])
  return { hearth, synapse }
}
