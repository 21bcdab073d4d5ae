import { existsSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeCertificates, type CertificateAuthority } from '../harness/process/certificates.ts'
import { startDomainHearth } from '../harness/process/hearth.ts'
import { repositoryRoot, scratchFolder } from '../harness/process/scratch.ts'
import { startSynapse } from '../harness/process/synapse.ts'
import { measureArrival } from './arrival.ts'
import { measureBursts } from './bursts.ts'
import { measureCatchUp } from './catch-up.ts'
import { measureConversation } from './conversation.ts'
import { measureCost } from './cost.ts'
import { measureHistory } from './history.ts'
import { measure, type BenchServer, type Figures, type Sizes } from './measure.ts'
import { measureMedia, mediaRows, type TransferFigures } from './media.ts'
import { joined, rowsTable, type Row } from './rows.ts'
import { benchSearch } from './search.ts'
import { stallProbe } from './stalls.ts'
import { table } from './table.ts'

const help = `Measures Hearth and, in the same run, Synapse; prints one table.

  --quick            small sizes: about two minutes in all
  --only <server>    hearth or synapse alone
  --messages         only start, memory, sending and joining
  --media            only files from server to server, with one of 2 GB for Hearth
  --conversation     only sync in many rooms, unread counts under a burst, and search (1,000,000 messages)
  --history          only scrolling back, and rooms of many events and members (for Synapse a tenth as many)
  --weather          only catching up after an outage, and bursts to one and to five servers
  --cost             only CPU and disk for the same messages, and resolving 1,000 conflicting events
  --arrival          only Hearth in rooms of Synapse: 2,000 members and 20,000 events (ten minutes to build the
                     first time), and long quarrels about power; not measured unless asked for
  --json <file>      also write the figures there
`

// What people run is the built node; its start does not include stripping types.
const built = join(repositoryRoot, 'out', 'main', 'headless.js')
if (existsSync(built)) process.env['HEARTH_HEADLESS'] ??= built

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    messages: { type: 'boolean', default: false },
    media: { type: 'boolean', default: false },
    conversation: { type: 'boolean', default: false },
    history: { type: 'boolean', default: false },
    weather: { type: 'boolean', default: false },
    cost: { type: 'boolean', default: false },
    arrival: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const full: Sizes = {
  idleSeconds: 30,
  starts: 5,
  localMessages: 200,
  federatedMessages: 300,
  burst: 2000,
  stateEvents: 500,
  messages: 5000,
}
const quick: Sizes = {
  idleSeconds: 5,
  starts: 2,
  localMessages: 50,
  federatedMessages: 50,
  burst: 200,
  stateEvents: 100,
  messages: 400,
}

const starters: Record<string, (certificates: CertificateAuthority) => Promise<BenchServer>> = {
  hearth: async (certificates) => await startDomainHearth(certificates, { env: stallProbe() }),
  synapse: async (certificates) => await startSynapse({ certificates }),
}

if (values.help) {
  process.stdout.write(help)
} else if (values.arrival) {
  const rows = await measureArrival(values.quick, (text) => process.stderr.write(`arrival: ${text}\n`))
  process.stdout.write(`\n${rowsTable(rows)}\n`)
} else {
  const sizes = values.quick ? quick : full
  const certificates = makeCertificates(scratchFolder('authority'))
  const results: Record<string, Figures> = {}
  const media: Record<string, TransferFigures[]> = {}
  const conversation: Row[] = []
  const history: Row[] = []
  const weather: Row[] = []
  const cost: Row[] = []
  const parts = ['messages', 'media', 'conversation', 'history', 'weather', 'cost'] as const
  const all = !parts.some((part) => values[part])
  const wants = {
    messages: all || values.messages,
    media: all || values.media,
    conversation: all || values.conversation,
    history: all || values.history,
    weather: all || values.weather,
    cost: all || values.cost,
  }
  /** Of what was measured until now. */
  const tables = (): string[] => [
    ...(Object.keys(results).length > 0 ? [table(results, sizes)] : []),
    ...(conversation.length > 0 ? [rowsTable(joined(conversation))] : []),
    ...(history.length > 0 ? [rowsTable(joined(history))] : []),
    ...(weather.length > 0 ? [rowsTable(joined(weather))] : []),
    ...(cost.length > 0 ? [rowsTable(joined(cost))] : []),
    ...(Object.keys(media).length > 0 ? [rowsTable(mediaRows(media))] : []),
  ]
  const failed: string[] = []
  /** What fails is said at the end: it takes nothing of the rest along. */
  async function part(name: string, key: keyof typeof wants, run: () => Promise<unknown>): Promise<void> {
    if (!wants[key]) return
    try {
      await run()
    } catch (error) {
      process.stderr.write(
        `${name}: ${key} failed\n${error instanceof Error ? error.stack : String(error)}\n`,
      )
      failed.push(`${key} of ${name} failed: ${error instanceof Error ? error.message : String(error)}`)
      process.exitCode = 1
    }
  }
  // Synapse takes most of an hour.
  process.once('SIGINT', () => {
    process.stdout.write(`\n${tables().join('\n\n')}\nNot all of it: this was interrupted.\n`)
    process.exit(130)
  })
  for (const [name, starter] of Object.entries(starters)) {
    if (values.only !== undefined && values.only !== name) continue
    const one = await starter(certificates)
    const two = await starter(certificates)
    try {
      const say = (text: string) => process.stderr.write(`${name}: ${text}\n`)
      await part(name, 'messages', async () => {
        results[name] = await measure(one, two, sizes, say)
      })
      await part(name, 'conversation', async () =>
        conversation.push(...(await measureConversation(name, one, values.quick, say))),
      )
      await part(name, 'history', async () =>
        history.push(...(await measureHistory(name, one, two, values.quick, say))),
      )
      await part(name, 'weather', async () => {
        const another = () => starter(certificates)
        weather.push(...(await measureBursts(name, one, two, another, values.quick, say)))
      })
      await part(name, 'weather', async () =>
        weather.push(...(await measureCatchUp(name, one, two, values.quick, say))),
      )
      await part(name, 'cost', async () =>
        cost.push(...(await measureCost(name, one, two, certificates, values.quick, say))),
      )
      await part(name, 'media', async () => {
        const large = values.media && name === 'hearth' ? [2e9] : []
        media[name] = await measureMedia(one, two, values.quick ? [50e6] : [50e6, 500e6, ...large], say)
      })
    } finally {
      await Promise.all([one.stop(), two.stop()])
    }
  }
  if (values.only !== 'synapse') {
    const say = (text: string) => process.stderr.write(`search: ${text}\n`)
    await part('search', 'conversation', async () =>
      conversation.push(...(await benchSearch(certificates, values.quick ? 100_000 : 1_000_000, 50, say))),
    )
  }
  process.stdout.write(
    `\n${tables().join('\n\n')}\n${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}\n${failed.map((words) => `${words}\n`).join('')}`,
  )
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      `${JSON.stringify({ sizes, results, media, conversation, history, weather, cost }, undefined, 2)}\n`,
    )
}
