import { ensureInstalled, runNode } from './lib/bootstrap.mjs'

ensureInstalled()
const steps = [
  ['types', ['node_modules/typescript/bin/tsc', '-p', '.']],
  ['lint', ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings']],
  ['format', ['node_modules/oxfmt/bin/oxfmt', '--check', '.']],
  ['layers', ['build/lint/layers.mjs']],
]
let failed = false
for (const [name, args] of steps) {
  const code = await runNode(args)
  console.error(`${code === 0 ? 'ok    ' : 'FAILED'} ${String(name)}`)
  failed ||= code !== 0
}
process.exitCode = failed ? 1 : 0
