import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { pinnedNode, root } from './bootstrap.mjs'

/** Starts the built node and waits for its ready line. Rejects with what it wrote when it ends before. */
export function startNode(args, { quiet = false } = {}) {
  const child = spawn(pinnedNode(), ['out/main/headless.js', ...args], {
    cwd: root,
    // A node that is shown may ask for a passphrase.
    stdio: [quiet ? 'ignore' : 'inherit', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr = (stderr + data).slice(-4000)
    if (!quiet) process.stderr.write(data)
  })
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      let message
      try {
        message = JSON.parse(line)
      } catch {
        return process.stderr.write(`${line}\n`)
      }
      if (message.event === 'ready') resolve(message)
    })
    child.on('error', reject)
    child.on('exit', (code) =>
      reject(
        new Error(quiet ? stderr || `the node ended with code ${code}` : `the node ended with code ${code}`),
      ),
    )
  })
  const ended = new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 0)))
  return { child, ready, ended }
}
