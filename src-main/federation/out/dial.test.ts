import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { testSigner } from '../test-support.ts'
import { clientOf, closeAll, start } from './client.fixture.ts'

let porter: ChildProcess | undefined
let others: Socket[] = []
afterEach(async () => {
  for (const socket of others) socket.destroy()
  others = []
  porter?.kill('SIGKILL')
  await closeAll()
})

/** A process that passes connections on, and that can be stopped: its system then takes two calls more, and no others. */
const passOn = (port: number): string => `
  const { connect, createServer } = require('node:net')
  const server = createServer((near) => {
    const far = connect(${port}, '127.0.0.1')
    near.pipe(far).on('error', () => near.destroy())
    far.pipe(near).on('error', () => far.destroy())
  })
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port))`

/** Calls to this port that the system has not heard of again (`SYN_SENT`). */
function unanswered(port: number): number {
  const to = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n')
  return rows.filter((row) => row.trim().split(/\s+/).slice(2, 4).join(' ') === `${to} 02`).length
}

test.skipIf(process.platform !== 'linux')(
  'who does not take a call is called again at once a second, not ever more rarely, and the first to come through counts',
  async () => {
    const [a, b] = [await testSigner(1), await testSigner(2)]
    const server = await start(b, () => Response.json({ ok: true }))
    porter = spawn(process.execPath, ['-e', passOn(server.port)], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [said] = (await once(porter.stdout!, 'data')) as [Buffer]
    const port = Number(said.toString())
    porter.kill('SIGSTOP')
    let taken = 0
    others = Array.from({ length: 4 }, () => connect(port, '127.0.0.1', () => taken++))
    await vi.waitFor(() => expect([taken, unanswered(port)]).toEqual([2, 2]))

    const answer = clientOf(a, { candidates: () => [{ host: '127.0.0.1', port }] }).request(b.serverName, {
      method: 'GET',
      path: '/_matrix/x',
    })
    await vi.waitFor(() => expect(unanswered(port)).toBe(2 + 3), 4_500)
    porter.kill('SIGCONT')
    expect(await answer).toEqual({ ok: true })
    expect(server.seen.requests).toEqual([`GET /_matrix/x ${b.serverName}`])
  },
)
