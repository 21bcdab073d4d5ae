import type { RoomEvent } from '../client/types.ts'
import { object } from './event-text.ts'
import { levelAt, levelsIn, PERMISSIONS, roleName } from './power.ts'
import { listNames } from './text.ts'

/** "made Ann a moderator and changed who may invite people"; undefined when nothing of note differs. */
export function describePowerChange(event: RoomEvent): string | undefined {
  const before = levelsIn(event.prevContent)
  const now = levelsIn(event.content)
  const people = event.named.flatMap((person) => {
    const was = before.users[person.userId] ?? before.usersDefault
    const is = now.users[person.userId] ?? now.usersDefault
    return was === is ? [] : [`made ${person.name} ${aRole(is, now.usersDefault)}`]
  })
  const rights = PERMISSIONS.filter((each) => levelAt(before, each.key) !== levelAt(now, each.key)).map(
    (each) => each.infinitive,
  )
  const everybody =
    before.usersDefault === now.usersDefault
      ? []
      : [`made everybody who has no role ${aRole(now.usersDefault)}`]
  const parts = [
    ...everybody,
    ...(people.length > 3 ? [`changed the roles of ${people.length} people`] : people),
    ...(rights.length === 0 ? [] : [`changed who may ${listNames(rights)}`]),
  ]
  if (parts.length > 0) return listNames(parts)
  return JSON.stringify(object(event.content)) === JSON.stringify(object(event.prevContent))
    ? undefined
    : 'changed who may do what'
}

function aRole(level: number, usersDefault?: number): string {
  const name = roleName(level, usersDefault).toLowerCase()
  if (name.startsWith('power')) return `somebody with ${name}`
  return `${/^[aeiou]/u.test(name) ? 'an' : 'a'} ${name}`
}
