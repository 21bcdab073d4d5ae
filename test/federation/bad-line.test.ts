import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BadLine } from '../harness/process/bad-line.ts'
import { Actor, sameConversation } from '../harness/process/conversation.ts'
import { startHearth, trustedTestArgs, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { freePort } from '../harness/process/scratch.ts'
import { seedsOf, tellSeed } from '../harness/process/seeds.ts'
import { seededRandom } from '../harness/process/wait.ts'

/*
 * Two nodes that reach each other only by a line that is slow and breaks: nobody waits for it, nothing is lost,
 * and nothing comes twice.
 */
const BREAKS = Number(process.env['HEARTH_LINE_BREAKS'] ?? 12)
/** A seed that found something stays here, by the name of what was found. */
const SEEDS = seedsOf([])

let nodes: HearthProcess[] = []
let lines: BadLine[] = []
let users: MatrixUser[] = []

beforeAll(async () => {
  const ports = [await freePort(), await freePort()]
  lines = ports.map((port) => new BadLine(port))
  const ends = await Promise.all(lines.map(async (line) => await line.listen()))
  nodes = await Promise.all(
    ports.map(async (port, at) => {
      const other = `localhost:${ports[1 - at]}=127.0.0.1:${ends[1 - at]}`
      return await startHearth({
        label: `node ${at}`,
        serverName: `localhost:${port}`,
        federationListen: `127.0.0.1:${port}`,
        args: [...trustedTestArgs, '--insecure-skip-tls-verify', '--peer', other],
      })
    }),
  )
  users = await Promise.all(nodes.map(async (node, at) => await MatrixUser.register(node, `user${at}`)))
  for (const user of users) await user.startSync({ timelineLimit: 500, threads: true })
}, 60_000)

afterAll(async () => {
  await Promise.all(users.map(async (user) => await user.close()))
  await Promise.all(nodes.map(async (node) => await node.stop()))
  await Promise.all(lines.map(async (line) => await line.close()))
}, 30_000)

test.each(SEEDS)(
  `a conversation over a line that is slow and breaks ${BREAKS} times (%s: %i)`,
  async (_, seed) => {
    tellSeed(seed)
    const random = seededRandom(seed)
    const [one, two] = users as [MatrixUser, MatrixUser]
    const room = await one.createRoom({ preset: 'private_chat', invite: [two.userId] })
    await two.waitFor('the invite', () => two.room(room).membership === 'invite')
    await two.join(room)
    for (const line of lines) line.latency = () => random() * 80
    let over = false
    const actors = users.map((user) => new Actor(user, room, user.userId))
    const running = Promise.all(actors.map(async (actor) => await actor.run(() => over)))
    for (let broken = 0; broken < BREAKS; broken++) {
      await delay(100 + random() * 500)
      lines[broken % 2]?.breakAll()
    }
    over = true
    await running
    const episodes = actors.flatMap((actor) => actor.episodes)
    expect(episodes.length).toBeGreaterThan(BREAKS)
    for (const line of lines) line.latency = () => 0
    await sameConversation(users, room, episodes)
    for (const user of users) {
      await user.waitFor('everything', () =>
        episodes.every((one) => user.room(room).has(one.deleted) && user.room(room).has(one.file.message)),
      )
      expect(user.room(room).repeated).toEqual([])
    }
  },
  180_000,
)
