import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTriple, type Triple } from '../harness/process/triple.ts'
import { directions, type Direction } from './features/feature.ts'
import { features } from './features/index.ts'
import { Stage, type StageServers } from './features/stage.ts'
import { publish, publishedResults, tableOf, type Cell } from './features/table.ts'

/*
 * Every feature in every direction, between two Hearth nodes and a Synapse. The table in README.md is the
 * outcome: a cell that is green there must be green, a new feature must be green everywhere, and a cell that
 * is red there may become green. `npm run interop -- --write-table` writes what this run found instead.
 */
const writing = process.env['HEARTH_WRITE_TABLE'] === '1'
const published = publishedResults()
const results = new Map<string, Partial<Record<Direction, Cell>>>(
  features.map((feature) => [feature.name, {}]),
)
const reasons: string[] = []
const stages = new Map<Direction, Stage>()
let triple: Triple

function serversOf(direction: Direction): StageServers {
  const { alice, bob, synapse } = triple
  if (direction === 'Hearth to Hearth') return [alice, bob, synapse]
  return direction === 'Hearth to Synapse' ? [alice, synapse, bob] : [synapse, bob, alice]
}

beforeAll(async () => {
  triple = await startTriple()
  for (const direction of directions)
    stages.set(direction, await Stage.open(serversOf(direction), triple.certificates))
})

afterAll(async () => {
  for (const stage of stages.values()) await stage.close()
  await triple?.stop()
  const table = tableOf(features, results)
  process.stdout.write(`\n${table}\n\n${reasons.map((reason) => `✗ ${reason}\n`).join('')}`)
  const complete = [...results.values()].every((row) => directions.every((one) => row[one] !== undefined))
  if (writing && complete) publish(table)
})

function note(name: string, direction: Direction, cell: Cell): void {
  const row = results.get(name)
  if (row !== undefined) row[direction] = cell
}

/** One line, with what was behind it where an error names its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const first = error.message.split('\n', 1)[0] ?? ''
  return error.cause === undefined ? first : `${first} (${reasonOf(error.cause)})`
}

for (const alone of [false, true]) {
  describe.each(directions)(`%s${alone ? ', one after the other' : ''}`, (direction) => {
    for (const feature of features.filter((one) => (one.alone ?? false) === alone)) {
      const run = async () => {
        if (feature.absent?.[direction] !== undefined) {
          note(feature.name, direction, 'absent')
          return
        }
        try {
          const stage = stages.get(direction)
          if (stage === undefined) throw new Error('the servers did not start')
          await feature.run(stage)
          note(feature.name, direction, 'works')
        } catch (error) {
          note(feature.name, direction, 'fails')
          reasons.push(`${feature.name}, ${direction}: ${reasonOf(error)}`)
          if (!writing && published.get(feature.name)?.[direction] !== 'fails') throw error
        }
      }
      if (alone) test(feature.name, run)
      else test.concurrent(feature.name, run)
    }
  })
}

test('README.md lists these features and no others', () => {
  if (!writing) expect([...published.keys()]).toEqual(features.map((feature) => feature.name))
})
