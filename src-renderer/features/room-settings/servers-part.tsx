import { X } from 'lucide-react'
import { useState, type KeyboardEvent } from 'react'
import type { RoomDetail } from '../../client/types.ts'
import { strings } from '../../model/event-text.ts'
import { serverOfUser } from '../../model/people.ts'
import { aclProblem, matchesServer } from '../../model/server-list.ts'
import { plural } from '../../model/text.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Note } from '../../ui/note.tsx'
import { Stack } from '../../ui/stack.tsx'
import { PolicySection } from './policy-section.tsx'
import css from './room-settings.module.css'
import type { RoomDraft } from './use-room-draft.ts'

/** Servers whose people can take no part (CS API, "Server Access Control Lists"). */
export function ServersPart({ room, settings }: { room: RoomDetail; settings: RoomDraft }) {
  const { client } = useServices()
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string>()
  const whyNot = settings.whyNot('deny')
  const acl = settings.facts.state['m.room.server_acl']
  const denied = settings.list('deny')
  const only = acl === undefined ? [] : strings(acl['allow']).filter((each) => each !== '*')
  const open = acl === undefined || strings(acl['allow']).includes('*')

  function add(): void {
    const server = typed.trim().toLowerCase()
    const wrong = denied.includes(server)
      ? 'This one is in the list already.'
      : aclProblem(server, serverOfUser(client.userId))
    setProblem(wrong)
    if (wrong !== undefined) return
    settings.edit('deny', [...denied, server])
    setTyped('')
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
    event.preventDefault()
    add()
  }

  const silenced = (pattern: string): number =>
    room.members.filter((each) => matchesServer(pattern, serverOfUser(each.userId))).length

  return (
    <Stack>
      <p className={css.lead}>
        People of a server that is shut out can neither write here nor read what is new. They stay in the list
        of members, and every server of the room keeps to it.
      </p>
      {whyNot !== undefined && <Note>{whyNot}</Note>}
      {!open && (
        <Note tone="warn">
          Only certain servers may take part:{' '}
          {only.length === 0 ? 'none at all.' : `${only.slice(0, 20).join(', ')}.`}
        </Note>
      )}
      {whyNot === undefined && (
        <div className={css.add}>
          <TextField
            label="Shut out a server"
            placeholder="spam.example or *.spam.example"
            value={typed}
            error={problem}
            spellCheck={false}
            maxLength={255}
            onChange={(event) => {
              setTyped(event.target.value)
              setProblem(undefined)
            }}
            onKeyDown={onKeyDown}
          />
          <Button disabled={typed.trim() === ''} onClick={add}>
            Add
          </Button>
        </div>
      )}
      {denied.length === 0 ? (
        <p className={css.empty}>No server is shut out.</p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-redundant-roles
        <ul role="list" aria-label="Servers that are shut out" className={css.rights}>
          {denied.map((server) => {
            const count = silenced(server)
            return (
              <li key={server} className={css.right}>
                <span className={css.rightLabel}>
                  <span className={css.mono}>{server}</span>
                  {count > 0 && (
                    <span className={css.detail}>{plural(count, 'member')} of this room fall silent</span>
                  )}
                </span>
                {whyNot === undefined && (
                  <IconButton
                    size="sm"
                    label={`Let ${server} in again`}
                    icon={<X />}
                    onClick={() =>
                      settings.edit(
                        'deny',
                        denied.filter((each) => each !== server),
                      )
                    }
                  />
                )}
              </li>
            )
          })}
        </ul>
      )}
      <PolicySection room={room} settings={settings} />
    </Stack>
  )
}
