import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HearthProcess } from '../../harness/process/hearth.ts'
import type { MatrixUser } from '../../harness/process/matrix-user.ts'
import { ownerOf } from '../../harness/process/owner.ts'
import type { SynapseProcess } from '../../harness/process/synapse.ts'

/** A login address works once, and features share the servers. */
const owners = new WeakMap<HearthProcess, MatrixUser>()

/** Whom the node belongs to. */
export async function theOwnerOf(server: HearthProcess): Promise<MatrixUser> {
  const owner = owners.get(server) ?? (await ownerOf(server))
  owners.set(server, owner)
  return owner
}

/** Stops a Synapse, changes its configuration (undefined removes a key) and starts it again. */
export async function reconfigure(
  server: SynapseProcess,
  change: Readonly<Record<string, unknown>>,
  whileStopped: () => void = () => undefined,
): Promise<void> {
  const file = join(server.folder, 'homeserver.yaml')
  const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  await server.stop()
  writeFileSync(file, JSON.stringify({ ...config, ...change }, undefined, 2))
  whileStopped()
  await server.start()
}
