import { afterEach, describe, test } from 'vitest'
import { Storm } from '../harness/weather.ts'

/*
 * Seeded storms: whatever the network, the clocks and restarts do, servers in a room end in the same room, and
 * nothing that was acknowledged is lost. `HEARTH_WEATHER_SEEDS=300` runs more of them, from
 * `HEARTH_WEATHER_FIRST` on. A seed that failed once stays below, by the name of what was found.
 */
const FIRST = Number(process.env['HEARTH_WEATHER_FIRST'] ?? 1)
const SEEDS = Number(process.env['HEARTH_WEATHER_SEEDS'] ?? 40)

let storm: Storm | undefined

afterEach(async () => {
  await storm?.network.stop()
  storm = undefined
})

async function weather(seed: number): Promise<void> {
  storm = await Storm.gather(seed)
  try {
    await storm.rage(60)
    await storm.calm()
    await storm.check()
  } catch (error) {
    process.stderr.write(`seed ${seed} failed after:\n${storm.diary.map((line) => `  ${line}\n`).join('')}`)
    throw error
  }
}

describe('seeds that found something', () => {
  test.each([
    ['an event that waits is forgotten when another that waited is decided', 19],
    ['the same, with two servers', 46],
    ['the same, with a clock that jumps', 87],
    ['a member that came back with a clock set back stays away for the others', 32],
    ['a server that was put out is not told why', 84],
    ['history that nobody gave when it was asked for is asked for again', 281],
  ])('%s (seed %i)', async (_, seed) => await weather(seed), 60_000)
})

test.each(Array.from({ length: SEEDS }, (_, index) => FIRST + index))('storm %i', weather, 60_000)
