import { pythonWith } from './python-environment.ts'

/** The Python of a virtual environment with Synapse in it: `$HEARTH_SYNAPSE_VENV`, else `.cache/synapse-venv`. */
export async function synapsePython(): Promise<string> {
  return await pythonWith({
    title: 'Synapse',
    folder: 'synapse-venv',
    variable: 'HEARTH_SYNAPSE_VENV',
    requirement: 'matrix-synapse',
  })
}
