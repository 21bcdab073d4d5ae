import { expect } from 'vitest'
import type { MatrixUser } from '../../harness/process/matrix-user.ts'
import type { Feature } from './feature.ts'
import { type, types, type Stage, type StageServer } from './stage.ts'

const hostOf = (server: StageServer) => server.serverName.replace(/:\d+$/, '')
const everybody = { allow: ['*'] }
const allBut = (server: StageServer) => ({ allow: ['*'], deny: [hostOf(server)] })

/** `from` says which servers may take part, and `to` hears of it. */
async function setAcl(stage: Stage, room: string, content: object): Promise<void> {
  await stage.shown(room, await stage.from.setState(room, 'm.room.server_acl', content))
}

async function sees(reader: MatrixUser, room: string, who: MatrixUser, text: string): Promise<void> {
  await reader.waitForText(room, text)
  await reader.waitFor('the typing', () => types(who, room, reader))
}

async function speak(who: MatrixUser, room: string, text: string): Promise<void> {
  await type(who, room)
  await who.say(room, text)
}

/** `from` sets the list, and the servers of both keep a third one out by it. */
export const acls: Feature[] = [
  {
    name: 'Server ACL: nobody hears a server that the room denies, until it may speak again',
    async run(stage) {
      const { from, to } = stage
      const third = await stage.thirdPerson()
      const readers = [from, to]
      const [closed, open] = [await stage.room(), await stage.room()]
      for (const room of [closed, open]) {
        await from.invite(room, third.userId)
        await third.waitFor('the invite', () => third.room(room).membership === 'invite')
        await third.join(room)
        for (const reader of readers)
          await reader.waitFor('all', () => reader.room(room).membershipOf(third.userId) === 'join')
      }
      await setAcl(stage, closed, allBut(stage.thirdServer))
      await speak(third, closed, 'you cannot hear this')
      await speak(third, open, 'you can hear this')
      for (const reader of readers) {
        // What is said elsewhere comes after what was said before it, by the same way.
        await sees(reader, open, third, 'you can hear this')
        const events = await reader.history(closed)
        expect(events.map((event) => event.content['body'])).not.toContain('you cannot hear this')
        expect(types(third, closed, reader)).toBe(false)
      }
      await setAcl(stage, closed, everybody)
      await type(third, closed, false)
      await speak(third, closed, 'and now you can')
      for (const reader of readers) await sees(reader, closed, third, 'and now you can')
    },
  },
  {
    name: 'Server ACL: nobody of a server that the room denies comes in',
    async run(stage) {
      const { from, to, toServer, thirdServer } = stage
      const third = await stage.thirdPerson()
      const room = await stage.room({ preset: 'public_chat' })
      await setAcl(stage, room, allBut(thirdServer))
      await expect(third.join(room, toServer.serverName)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
      await setAcl(stage, room, everybody)
      await third.join(room, toServer.serverName)
      for (const reader of [from, to])
        await reader.waitFor('the join', () => reader.room(room).membershipOf(third.userId) === 'join')
    },
  },
]
