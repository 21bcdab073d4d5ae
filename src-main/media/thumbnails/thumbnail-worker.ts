import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parentPort } from 'node:worker_threads'
import { initPhoton } from '@cf-wasm/photon/others'
import { makeThumbnail } from './resize.ts'
import type { ThumbnailAnswer, ThumbnailJob } from './worker-pool.ts'

/**
 * Entry of the thread that decodes what strangers sent: in WebAssembly, which can reach nothing but its own
 * memory. When decoding fails there, the thread's owner ends it.
 */
const beside = join(dirname(fileURLToPath(import.meta.url)), 'photon.wasm')
const wasm = existsSync(beside) ? beside : fileURLToPath(import.meta.resolve('@cf-wasm/photon/photon.wasm'))
initPhoton.sync({ module: new WebAssembly.Module(readFileSync(wasm)) })

parentPort?.on('message', ({ path, plan, orientation }: ThumbnailJob) => {
  let answer: ThumbnailAnswer
  try {
    answer = makeThumbnail(readFileSync(path), plan, orientation)
  } catch (error) {
    answer = { problem: error instanceof Error ? error.message : String(error) }
  }
  parentPort?.postMessage(answer)
})
