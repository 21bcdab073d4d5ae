import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { Agent } from 'undici'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import type { BenchServer } from './measure.ts'
import type { Row } from './rows.ts'

/** Of one file from server to server; bytes per second and bytes. */
export interface TransferFigures {
  readonly bytes: number
  readonly upload: number
  /** The first download at the other server: fetched, checked, kept, and given to the client. */
  readonly firstDownload: number
  /** From the client's request to the first byte of the file. */
  readonly firstByteMs: number
  /** Again, now from the other server's own disk. */
  readonly nextDownload: number
  /** How much the resident memory of either server grew at most, against before. */
  readonly uploadGrowth: number
  readonly sendGrowth: number
  readonly fetchGrowth: number
}

const blockBytes = 1024 * 1024

/** One file of each size, uploaded at `one`, downloaded twice through `two`. */
export async function measureMedia(
  one: BenchServer,
  two: BenchServer,
  sizes: readonly number[],
  say: (text: string) => void,
): Promise<TransferFigures[]> {
  const alice = await MatrixUser.register(one, 'media-alice')
  const bob = await MatrixUser.register(two, 'media-bob')
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 })
  const figures: TransferFigures[] = []
  try {
    // A small file first: connections, keys and code are warm then, as they are between people who talk.
    const warm = await upload(agent, one, alice, blockBytes)
    await download(agent, two, bob, warm)
    for (const bytes of sizes) {
      say(`a file of ${bytes / 1e6} MB from server to server`)
      const watchUpload = watchMemory(one.pid)
      const uploadedAt = performance.now()
      const uri = await upload(agent, one, alice, bytes)
      const uploadMs = performance.now() - uploadedAt
      const uploadGrowth = watchUpload()
      const watchSender = watchMemory(one.pid)
      const watchFetcher = watchMemory(two.pid)
      const first = await download(agent, two, bob, uri)
      const sendGrowth = watchSender()
      const fetchGrowth = watchFetcher()
      if (first.bytes !== bytes) throw new Error(`${first.bytes} bytes came instead of ${bytes}`)
      const next = await download(agent, two, bob, uri)
      const perSecond = (ms: number): number => (bytes / ms) * 1000
      figures.push({
        bytes,
        upload: perSecond(uploadMs),
        firstDownload: perSecond(first.ms),
        firstByteMs: first.firstByteMs,
        nextDownload: perSecond(next.ms),
        uploadGrowth,
        sendGrowth,
        fetchGrowth,
      })
    }
  } finally {
    await agent.destroy()
    await Promise.all([alice.close(), bob.close()])
  }
  return figures
}

async function upload(agent: Agent, server: BenchServer, user: MatrixUser, bytes: number): Promise<string> {
  const answer = await agent.request({
    origin: server.clientUrl,
    path: '/_matrix/media/v3/upload',
    method: 'POST',
    headers: {
      authorization: `Bearer ${user.token}`,
      'content-type': 'application/octet-stream',
      'content-length': String(bytes),
    },
    body: Readable.from(blocks(bytes)),
  })
  const { content_uri: uri } = (await answer.body.json()) as { content_uri?: string }
  if (uri === undefined) throw new Error(`the upload was answered with ${answer.statusCode}`)
  return uri.slice('mxc://'.length)
}

/** No two files alike, and nothing to compress. */
function* blocks(bytes: number): Generator<Buffer> {
  const noise = randomBytes(2 * blockBytes)
  for (let left = bytes, at = 0; left > 0; left -= blockBytes, at = (at + 4093) % blockBytes) {
    yield noise.subarray(at, at + Math.min(left, blockBytes))
  }
}

async function download(
  agent: Agent,
  server: BenchServer,
  user: MatrixUser,
  uri: string,
): Promise<{ bytes: number; ms: number; firstByteMs: number }> {
  const startedAt = performance.now()
  const answer = await agent.request({
    origin: server.clientUrl,
    path: `/_matrix/client/v1/media/download/${uri}`,
    method: 'GET',
    headers: { authorization: `Bearer ${user.token}` },
  })
  if (answer.statusCode !== 200) throw new Error(`the download was answered with ${answer.statusCode}`)
  let bytes = 0
  let firstByteMs = Number.NaN
  await new Promise<void>((resolve, reject) => {
    answer.body.on('data', (chunk: Buffer) => {
      if (bytes === 0) firstByteMs = performance.now() - startedAt
      bytes += chunk.length
    })
    answer.body.on('end', resolve)
    answer.body.on('error', reject)
  })
  return { bytes, ms: performance.now() - startedAt, firstByteMs }
}

/** Resident memory; the answer stops watching and says by how much it grew at most. */
function watchMemory(pid: number): () => number {
  const resident = (): number => {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? Number.NaN) * 1024
  }
  const before = resident()
  let most = before
  const timer = setInterval(() => {
    // A measurement that fails ends the servers, and is told by its own error.
    if (existsSync(`/proc/${pid}`)) most = Math.max(most, resident())
    else clearInterval(timer)
  }, 50)
  return () => {
    clearInterval(timer)
    return Math.max(most, resident()) - before
  }
}

const megabytes = (value: number): string => `${Math.round(value / 1e6)} MB`

export function mediaRows(results: Readonly<Record<string, readonly TransferFigures[]>>): Row[] {
  const rows: Row[] = []
  for (const [at, { bytes }] of Object.values(results)[0]?.entries() ?? []) {
    const row = (label: string, goal: string, show: (figures: TransferFigures) => string): void => {
      const values: Record<string, string> = {}
      for (const [server, all] of Object.entries(results)) {
        const figures = all[at]
        if (figures !== undefined) values[server] = show(figures)
      }
      const size = bytes >= 1e9 ? `${bytes / 1e9} GB` : `${bytes / 1e6} MB`
      rows.push({ label: `${size}: ${label}`, goal, values })
    }
    row('upload', '', (f) => `${megabytes(f.upload)}/s`)
    row('first download at the other server', '300 MB/s', (f) => `${megabytes(f.firstDownload)}/s`)
    row('… its first byte', '', (f) => `${Math.round(f.firstByteMs)} ms`)
    row('next download', '', (f) => `${megabytes(f.nextDownload)}/s`)
    row('memory grew: uploading, sending, fetching', '', (f) =>
      [f.uploadGrowth, f.sendGrowth, f.fetchGrowth].map(megabytes).join(', '),
    )
  }
  return rows
}
