import { expect } from 'vitest'
import { HearthProcess } from '../../harness/process/hearth.ts'
import { SynapseProcess } from '../../harness/process/synapse.ts'
import { reconfigure, theOwnerOf } from './administer.ts'
import type { Feature } from './feature.ts'
import { eventually, type, types, type Stage, type StageServer } from './stage.ts'

const NO_DENY_LIST = 'Synapse has a list of the domains that it allows, and none of those that it denies.'

interface Lists {
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
}

/** With which servers `server` has anything to do. */
async function setDomains(server: StageServer, { allow, deny }: Lists): Promise<void> {
  if (server instanceof HearthProcess) {
    const owner = await theOwnerOf(server)
    const body = { allow_domain: allow ?? [], deny_domain: deny ?? [] }
    await owner.call('PATCH', '/_hearth/v1/settings', { body })
  } else if (server instanceof SynapseProcess) {
    await reconfigure(server, { federation_domain_whitelist: allow })
  }
}

/** The server of `from` has nothing to do with that of `to` while it has these lists, and then again. */
async function apartAndTogether(stage: Stage, lists: Lists): Promise<void> {
  const { from, to, fromServer } = stage
  const refused = { status: 403, errcode: 'M_FORBIDDEN' }
  const room = await stage.room()
  const { room: open } = await stage.publicRoom()
  await setDomains(fromServer, lists)
  try {
    await from.say(room, 'not for you')
    await type(to, room)
    await to.say(room, 'let me in')
    // What was said was under way before this. A refused Synapse gives up asking for a moment, and says that.
    await eventually('the refusal', async () =>
      expect(to.join(open, fromServer.serverName)).rejects.toMatchObject(refused),
    )
    await expect(from.invite(open, to.userId)).rejects.toMatchObject(refused)
    expect(from.room(room).texts()).not.toContain('let me in')
    expect(types(to, room, from)).toBe(false)
    expect(to.room(room).texts()).not.toContain('not for you')
    await type(to, room, false)
  } finally {
    await setDomains(fromServer, {})
  }
  await from.say(room, 'here I am again')
  for (const text of ['not for you', 'here I am again']) await to.waitForText(room, text, 30_000)
  await from.waitForText(room, 'let me in', 30_000)
  await type(to, room)
  await from.waitFor('the typing', () => types(to, room, from))
  await to.join(open, fromServer.serverName)
}

export const deniedDomains: Feature[] = [
  {
    name: 'Domains that the owner denies: nothing comes or goes, until it may again',
    alone: true,
    absent: { 'Synapse to Hearth': NO_DENY_LIST },
    run: async (stage) => await apartAndTogether(stage, { deny: [stage.toServer.serverName] }),
  },
  {
    name: 'Domains that the owner allows: with others nothing comes or goes, until it may again',
    alone: true,
    run: async (stage) => await apartAndTogether(stage, { allow: [stage.thirdServer.serverName] }),
  },
]
