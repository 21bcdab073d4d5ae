import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { repositoryRoot } from './scratch.ts'

export interface PythonEnvironment {
  /** For people: `Synapse`. */
  readonly title: string
  /** Name of the folder in `.cache` of the repository. */
  readonly folder: string
  /** The variable of the environment that names a folder to use instead. */
  readonly variable: string
  /** As pip understands it. */
  readonly requirement: string
}

/** The Python of a virtual environment with a package in it. Made at first use, which needs python3 and a package index. */
export async function pythonWith(wanted: PythonEnvironment): Promise<string> {
  const own = process.env[wanted.variable]
  if (own !== undefined) return join(own, 'bin', 'python')
  const folder = join(repositoryRoot, '.cache', wanted.folder)
  const python = join(folder, 'bin', 'python')
  // Written last: half an environment is not taken for a whole one.
  const installed = join(folder, 'installed')
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted.requirement) return python
  process.stderr.write(`Installing ${wanted.title} into ${folder}; this takes a minute or two.\n`)
  await mkdir(dirname(folder), { recursive: true })
  try {
    await run('python3', ['-m', 'venv', folder])
    await run(python, ['-m', 'pip', 'install', '--disable-pip-version-check', wanted.requirement])
    writeFileSync(installed, wanted.requirement)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw new Error(
      `${wanted.title} could not be installed. Install Python 3 with venv and pip, or set ${wanted.variable} to an environment that has ${wanted.requirement}.`,
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
