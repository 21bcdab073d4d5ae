import { useState } from 'react'
import type { Person, RoomFacts } from '../../client/types.ts'
import { NO_DRAFT, withEdit, writesOf } from '../../model/room-draft.ts'
import { roleName } from '../../model/power.ts'
import { cannotTakeBack, consequenceOfRole, levelsOf, powerOf, whyNotLevel } from '../../model/room-rights.ts'
import { useServices } from '../../model/use-client.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { LevelSelect } from '../../ui/level-select.tsx'
import css from './person-panel.module.css'

/** What somebody is in this room, and another role for them; what cannot be taken back is asked about. */
export function PersonRole({ person, facts }: { person: Person; facts: RoomFacts }) {
  const { client, attempt } = useServices()
  const [asked, setAsked] = useState<number>()
  const [busy, setBusy] = useState(false)
  const { userId } = person
  const key = `users:${userId}`
  const now = powerOf(facts, userId)
  const { usersDefault } = levelsOf(facts)
  const whyNot = whyNotLevel(facts, client.userId, key)

  async function change(level: number): Promise<void> {
    setBusy(true)
    await attempt(async () => {
      for (const write of writesOf(withEdit(NO_DRAFT, facts, `power:${key}`, level), facts))
        await client.writeState(facts.id, write.type, write.content, write.basedOn)
    }, 'The role could not be changed')
    setBusy(false)
  }

  function choose(level: number): void {
    if (cannotTakeBack(facts, client.userId, userId, level)) setAsked(level)
    else void change(level)
  }

  return (
    <div className={css.role}>
      <span>Role here</span>
      {whyNot === undefined ? (
        <LevelSelect
          label={`Role of ${person.name}`}
          value={now}
          usersDefault={usersDefault}
          most={powerOf(facts, client.userId)}
          disabled={busy}
          onChange={choose}
        />
      ) : (
        <span className={css.roleName} title={whyNot}>
          {roleName(now, usersDefault)}
        </span>
      )}
      <ConfirmDialog
        open={asked !== undefined}
        onOpenChange={() => setAsked(undefined)}
        title={`Make ${userId === client.userId ? 'yourself' : person.name} ${asked === undefined ? '' : roleName(asked, usersDefault).toLowerCase()}?`}
        description={
          asked === undefined ? '' : (consequenceOfRole(facts, client.userId, userId, asked) ?? '')
        }
        action="Change the role"
        onConfirm={() => asked !== undefined && void change(asked)}
      />
    </div>
  )
}
