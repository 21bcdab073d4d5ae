/**
 * Round after round a Hearth and a Synapse change who may what in one room, without knowing of each other. Then they
 * make it up; a Hearth that was not there comes in through the Synapse, and all three have the same room.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MatrixError } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { startTriple, type Triple } from '../harness/process/triple.ts'
import { seededRandom, until } from '../harness/process/wait.ts'
import { theOwnerOf } from './features/administer.ts'
import { roomPath, type StageServer } from './features/stage.ts'

const ROUNDS = 5
/** What each side tries in a round. */
const STEPS = 12

interface Side {
  /** May do everything, on either side. */
  readonly admin: MatrixUser
  /** May what the admins grant them. */
  readonly guests: readonly MatrixUser[]
}

let triple: Triple
const opened: MatrixUser[] = []
let names = 0

beforeAll(async () => {
  triple = await startTriple()
})

afterAll(async () => {
  await Promise.all(opened.map((user) => user.close()))
  await triple?.stop()
})

async function newUser(server: StageServer): Promise<MatrixUser> {
  const user = await MatrixUser.register(server, `quarreller${++names}`)
  opened.push(user)
  await user.startSync()
  return user
}

async function newSide(server: StageServer): Promise<Side> {
  return { admin: await newUser(server), guests: [await newUser(server), await newUser(server)] }
}

/** Whether alice's Hearth has nothing to do with the Synapse, which goes on by itself meanwhile. */
async function apart(yes: boolean): Promise<void> {
  const owner = await theOwnerOf(triple.alice)
  const body = { deny_domain: yes ? [triple.synapse.serverName] : [] }
  await owner.call('PATCH', '/_hearth/v1/settings', { body })
}

class Quarrel {
  done = 0
  private readonly room: string
  private readonly everybody: readonly MatrixUser[]
  private readonly random: () => number

  constructor(room: string, sides: readonly Side[], seed: number) {
    this.room = room
    this.everybody = sides.flatMap((side) => side.guests)
    this.random = seededRandom(seed)
  }

  /** Something that one side does; what it may not is refused, and is as good. */
  async step({ admin, guests }: Side): Promise<void> {
    const { room } = this
    const actor = this.one([admin, ...guests])
    const target = this.one(this.everybody).userId
    const path = roomPath(room)
    const steps = [
      () => this.grant(this.one([admin, actor]), target),
      () => this.grant(admin, target),
      () => actor.setState(room, 'm.room.topic', { topic: `by ${actor.userId}: ${this.done}` }),
      () => actor.setState(room, 'm.room.name', { name: `by ${actor.userId}: ${this.done}` }),
      () => actor.call('POST', `${path}/ban`, { body: { user_id: target } }),
      () => actor.call('POST', `${path}/unban`, { body: { user_id: target } }),
      () => actor.call('POST', `${path}/kick`, { body: { user_id: target } }),
      () => actor.invite(room, this.one(guests).userId),
      () => actor.join(room),
      () => actor.setState(room, 'm.room.join_rules', { join_rule: this.one(['public', 'invite', 'knock']) }),
    ]
    try {
      await this.one(steps)()
      this.done++
    } catch (error) {
      if (!(error instanceof MatrixError) || error.status !== 403) throw error
    }
  }

  private async grant(actor: MatrixUser, target: string): Promise<void> {
    const path = `${roomPath(this.room)}/state/m.room.power_levels/`
    const levels = await actor.call<{ users?: object; events?: object }>('GET', path)
    await actor.setState(this.room, 'm.room.power_levels', {
      ...levels,
      users: { ...levels.users, [target]: this.one([0, 25, 50, 75, 99]) },
      events: {
        ...levels.events,
        'm.room.topic': this.one([0, 50, 75]),
        'm.room.name': this.one([0, 25, 99]),
      },
    })
  }

  private one<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)] as T
  }
}

async function stateFor(user: MatrixUser, room: string): Promise<string[]> {
  const state = await user.roomState(room)
  return state.map((event) => `${event.type} ${event.state_key} ${event.event_id}`).toSorted()
}

/** Each has heard the other, and both have the same room. */
async function together([one, other]: readonly [Side, Side], room: string, text: string): Promise<void> {
  await one.admin.say(room, text)
  await other.admin.waitForText(room, text, 60_000)
  await other.admin.say(room, `${text}, too`)
  await one.admin.waitForText(room, `${text}, too`, 60_000)
}

test.each(['11', '12'])('a history of quarrels about power, in a room of version %s', async (version) => {
  const sides = [await newSide(triple.alice), await newSide(triple.synapse)] as const
  const [hearth, synapse] = sides
  const owner = synapse.admin
  const users = { [hearth.admin.userId]: 100, ...(version === '12' ? {} : { [owner.userId]: 100 }) }
  const room = await owner.createRoom({
    preset: 'public_chat',
    room_version: version,
    power_level_content_override: { users },
  })
  for (const user of [hearth.admin, ...hearth.guests, ...synapse.guests])
    await user.join(room, triple.synapse.serverName)
  await together(sides, room, 'hello')
  const quarrels = sides.map((_, n) => new Quarrel(room, sides, Number(version) * 10 + n))
  for (let round = 0; round < ROUNDS; round++) {
    await apart(true)
    await Promise.all(
      sides.map(async (side, n) => {
        for (let step = 0; step < STEPS; step++) await quarrels[n]?.step(side)
      }),
    )
    await apart(false)
    await together(sides, room, `after round ${round}`)
  }
  for (const { done } of quarrels) expect(done).toBeGreaterThan((ROUNDS * STEPS) / 3)

  await owner.setState(room, 'm.room.join_rules', { join_rule: 'public' })
  const bob = await newUser(triple.bob)
  await bob.join(room, triple.synapse.serverName)
  await until(
    'all three have the same room',
    async () => {
      const [onSynapse, onHearth, onNewcomer] = await Promise.all(
        [owner, hearth.admin, bob].map((user) => stateFor(user, room)),
      )
      expect(onHearth).toEqual(onSynapse)
      expect(onNewcomer).toEqual(onSynapse)
      return true
    },
    30_000,
    250,
  )
})
