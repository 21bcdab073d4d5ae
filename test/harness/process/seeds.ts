import { onTestFailed } from 'vitest'

/** What a seed is run for (what it found once, say), and the seed. */
export type Seed = readonly [found: string, seed: number]

/**
 * The seeds that a test with real processes is run with: those `kept` because they found something, by the name of
 * what was found, and a new one each time; where `HEARTH_SEED` is set, only that one. Processes have a timing of
 * their own: a seed repeats what the test does and when, and not always what becomes of it.
 */
export function seedsOf(kept: readonly Seed[] = []): Seed[] {
  const given = process.env['HEARTH_SEED']
  if (given === undefined) return [...kept, ['a new seed', Math.floor(Math.random() * 2 ** 31)]]
  const seed = Number(given)
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`HEARTH_SEED is not a whole number: ${given}`)
  return [['HEARTH_SEED', seed]]
}

/** Called at the beginning of such a test: where it fails, it is said how to run it with this seed again. */
export function tellSeed(seed: number): void {
  onTestFailed(({ task }) => {
    process.stderr.write(`failed with HEARTH_SEED=${seed}, which runs it so again: ${task.name}\n`)
  })
}
