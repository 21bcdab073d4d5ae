import { afterAll, beforeAll } from 'vitest'
import { makeCertificates } from '../harness/process/certificates.ts'
import { startDomainHearth } from '../harness/process/hearth.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
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
async function startPair(): Promise<{ hearth: TestServer; synapse: SynapseProcess }> {
  const certificates = makeCertificates(scratchFolder('authority'))
  const control = process.env['HEARTH_INTEROP_CONTROL'] === '1'
  const [hearth, synapse] = await Promise.all([
    control ? startSynapse({ certificates, label: 'control' }) : startDomainHearth(certificates),
    startSynapse({ certificates }),
  ])
  return { hearth, synapse }
}

/** Starts the pair before a file's tests and stops it after them, with the users that they opened. */
export function usePair(): {
  readonly hearth: TestServer
  readonly synapse: TestServer
  readonly newUser: (server: TestServer) => Promise<MatrixUser>
} {
  const servers: { hearth?: TestServer; synapse?: TestServer } = {}
  const opened: MatrixUser[] = []
  let users = 0
  beforeAll(async () => {
    Object.assign(servers, await startPair())
  })
  afterAll(async () => {
    await Promise.all(opened.map((user) => user.close()))
    await Promise.all([servers.hearth?.stop(), servers.synapse?.stop()])
  })
  const started = (server: TestServer | undefined): TestServer => {
    if (server === undefined) throw new Error('the servers run only while tests do')
    return server
  }
  return {
    get hearth() {
      return started(servers.hearth)
    },
    get synapse() {
      return started(servers.synapse)
    },
    async newUser(server) {
      const user = await MatrixUser.register(server, `user${++users}`)
      opened.push(user)
      await user.startSync()
      return user
    },
  }
}
