import { expect } from 'vitest'
import { passwordOf } from '../../harness/process/matrix-user.ts'
import type { Feature } from './feature.ts'
import { CLIENT, eventually } from './stage.ts'

export const account: Feature[] = [
  {
    name: 'Deactivated account: leaves its rooms, declines its invites',
    async run(stage) {
      const { from, to } = await stage.withNewPeople()
      const joined = await to.createRoom({ preset: 'private_chat', invite: [from.userId] })
      await from.waitFor('the invite', () => from.room(joined).membership === 'invite')
      await from.join(joined)
      const invited = await to.createRoom({ preset: 'private_chat', invite: [from.userId] })
      await from.waitFor('the other invite', () => from.room(invited).membership === 'invite')
      await to.waitFor('the join', () => to.room(joined).membershipOf(from.userId) === 'join')
      await from.stopSync()
      const localpart = /^@([^:]+):/.exec(from.userId)?.[1] ?? ''
      const identifier = { type: 'm.id.user', user: localpart }
      const auth = { type: 'm.login.password', identifier, password: passwordOf(localpart) }
      await from.call('POST', `${CLIENT}/account/deactivate`, { body: { auth, erase: true } })
      for (const room of [joined, invited])
        await to.waitFor('the leave', () => to.room(room).membershipOf(from.userId) === 'leave')
      await eventually('the session is over', () =>
        expect(from.call('GET', `${CLIENT}/account/whoami`)).rejects.toMatchObject({ status: 401 }),
      )
    },
  },
]
