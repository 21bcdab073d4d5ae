import { mkdirSync } from 'node:fs'
import type { Browser } from 'playwright'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { BadLine } from '../harness/process/bad-line.ts'
import type { HearthProcess } from '../harness/process/hearth.ts'
import { findBrowser, launchBrowser, Person } from './browser.ts'
import { startTwo, startTwoApart } from './start-two.ts'

const SHOTS = 'test-results'

export interface People {
  readonly browser: Browser
  readonly aliceNode: HearthProcess
  readonly bobNode: HearthProcess
  readonly alice: Person
  readonly bob: Person
  /** Over which the nodes dial each other, the first leading to Alice's; none where they are not apart. */
  readonly lines: readonly BadLine[]
}

/** How one node lists the other's owner: by name, once it is known, else by fingerprint. */
export const shownAs = (person: Person, node: HearthProcess): RegExp =>
  new RegExp(`${person.name}|${node.serverName.slice(0, 8)}`)

/**
 * Alice and Bob, each in front of a node of their own, from before a file's tests until after them: the
 * answer gives them to a `beforeAll` that follows. What a failed test left on the screen is kept in
 * `test-results`, and an uncaught error in a page fails the test in which it happened. `apart`: between the nodes
 * are lines that a test can make bad.
 */
export function usePeople({
  nodeArgs = [],
  browserArgs = [],
  apart = false,
}: {
  nodeArgs?: readonly string[]
  browserArgs?: readonly string[]
  apart?: boolean
} = {}): () => People {
  let people: People | undefined
  const all = (): readonly Person[] => (people === undefined ? [] : [people.alice, people.bob])

  beforeAll(async () => {
    const { nodes, lines } = apart ? await startTwoApart() : { nodes: await startTwo(nodeArgs), lines: [] }
    const [aliceNode, bobNode] = nodes
    const browser = await launchBrowser(findBrowser() ?? '', browserArgs)
    const alice = await Person.create(browser, 'Alice')
    const bob = await Person.create(browser, 'Bob')
    people = { browser, aliceNode, bobNode, alice, bob, lines }
  }, 60_000)

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') {
      mkdirSync(SHOTS, { recursive: true })
      const name = task.name.replace(/\W+/g, '-')
      for (const person of all())
        await person.page.screenshot({ path: `${SHOTS}/${name}-${person.name}.png` })
    }
    expect(all().flatMap((person) => person.faults)).toEqual([])
  })

  afterAll(async () => {
    for (const person of all()) await person.close()
    await people?.browser.close()
    await Promise.all([people?.aliceNode.stop(), people?.bobNode.stop()])
    await Promise.all((people?.lines ?? []).map(async (line) => await line.close()))
  }, 30_000)

  return () => {
    if (people === undefined) throw new Error('The people are there only while tests run')
    return people
  }
}

/** Both answer the first run; Alice makes a room and Bob joins it. */
export async function meetInRoom({ alice, bob, aliceNode, bobNode }: People, room: string): Promise<void> {
  await alice.firstRun(aliceNode)
  await bob.firstRun(bobNode)
  const known = shownAs(bob, bobNode)
  await alice.list('Nearby').getByRole('button', { name: known }).waitFor()
  await alice.createRoom(room)
  await alice.invite(known)
  await bob.answerInvitation(room, 'Accept')
  await bob.page.getByRole('heading', { name: room, level: 1 }).waitFor()
  await alice.timeline
    .getByText(/joined|accepted the invitation/)
    .first()
    .waitFor()
}
