import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { repositoryRoot } from './scratch.ts'

/**
 * The Python of a virtual environment with Synapse in it: `$HEARTH_SYNAPSE_VENV`, else
 * `.cache/synapse-venv` of the repository. Made at first use, which needs python3 and a package index.
 */
export async function synapsePython(): Promise<string> {
  const folder = process.env['HEARTH_SYNAPSE_VENV'] ?? join(repositoryRoot, '.cache', 'synapse-venv')
  const python = join(folder, 'bin', 'python')
  if (existsSync(join(folder, 'bin', 'synapse_homeserver'))) return python
  process.stderr.write(`Installing Synapse into ${folder}; this takes a minute or two.\n`)
  await mkdir(dirname(folder), { recursive: true })
  try {
    await run('python3', ['-m', 'venv', folder])
    await run(python, ['-m', 'pip', 'install', '--disable-pip-version-check', 'matrix-synapse'])
  } catch (error) {
    // Half an environment would be taken for a whole one by the next run.
    await rm(folder, { recursive: true, force: true })
    throw new Error(
      'Synapse could not be installed. Install Python 3 with venv and pip, or set HEARTH_SYNAPSE_VENV to an environment that has matrix-synapse.',
      { cause: error },
    )
  }
  return python
}

async function run(command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', process.stderr, process.stderr] })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${code}`)
}
