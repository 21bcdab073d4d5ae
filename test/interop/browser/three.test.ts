import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { files } from './files.ts'
import { finding } from './finding.ts'
import { messages } from './messages.ts'
import { people } from './people.ts'
import { Scene } from './scene.ts'
import { states } from './states.ts'
import { threads } from './threads.ts'

/*
 * What people do, as they do it: Alice and Bob with mouse and keyboard at two Hearths, Sylvia on a Synapse.
 * Each feature once in each direction. The features share their rooms and come one after the other.
 */
describe('two Hearths and a Synapse', { timeout: 60_000 }, () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await Scene.open()
  }, 300_000)

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await scene.picture(task.name)
    expect([...scene.alice.faults, ...scene.bob.faults]).toEqual([])
  })

  afterAll(async () => await scene?.close(), 60_000)

  messages(() => scene)
  threads(() => scene)
  files(() => scene)
  people(() => scene)
  finding(() => scene)
  states(() => scene)
})
