import { X } from 'lucide-react'
import { useState } from 'react'
import { isKeyName } from '../../client/names.ts'
import type { RoomDetail } from '../../client/types.ts'
import { serverOfUser } from '../../model/people.ts'
import { readKey, serverProblem } from '../../model/policy-server.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Note } from '../../ui/note.tsx'
import css from './room-settings.module.css'
import type { RoomDraft } from './use-room-draft.ts'

/** The server that says what may be sent here (CS API, "Policy Servers"). */
export function PolicySection({ room, settings }: { room: RoomDetail; settings: RoomDraft }) {
  const whyNot = settings.whyNot('policy')
  const [server] = settings.list('policy')
  const changed = settings.draft.has('policy')
  const here = room.members.some((each) => each.membership === 'join' && serverOfUser(each.userId) === server)
  const what = room.isSpace ? 'space' : 'room'
  return (
    <section className={css.upgrade} aria-label="Policy server">
      <h3>Policy server</h3>
      <p className={css.lead}>
        A server that is asked about everything before it is sent, and lets through what keeps to its rules.
        It is run by somebody whom the people of this {what} trust to keep spam away.
      </p>
      {server === undefined ? (
        whyNot !== undefined && <p className={css.hint}>No server is asked.</p>
      ) : (
        <div className={css.chosen} data-changed={changed || undefined}>
          <span className={css.rightLabel}>
            <span className={css.mono}>{server}</span>
            <span className={css.detail}>
              {here
                ? `Is asked about everything that is sent in this ${what}.`
                : `Is asked about nothing as long as nobody of it is in this ${what}.`}
            </span>
          </span>
          {whyNot === undefined && (
            <IconButton
              size="sm"
              label={`Do not ask ${server} any more`}
              icon={<X />}
              onClick={() => settings.edit('policy', [])}
            />
          )}
        </div>
      )}
      {changed && server !== undefined && (
        <Note tone="warn">
          This server will see what is sent here, and who sends it. While it does not answer, nobody can send
          anything; it can be taken out again at any time.
        </Note>
      )}
      {whyNot !== undefined && <Note>{whyNot}</Note>}
      {whyNot === undefined && server === undefined && <Choose settings={settings} />}
    </section>
  )
}

function Choose({ settings }: { settings: RoomDraft }) {
  const { client } = useServices()
  const [server, setServer] = useState('')
  const [key, setKey] = useState('')
  const [tried, setTried] = useState(false)
  const name = server.trim().toLowerCase()
  const problem = serverProblem(name, serverOfUser(client.userId))
  const known = readKey(key)

  function choose(): void {
    setTried(true)
    if (problem === undefined && known !== undefined) settings.edit('policy', [name, known])
  }

  return (
    <div className={css.choose}>
      <TextField
        label="Name of the server"
        placeholder="policy.example.org"
        value={server}
        error={tried ? problem : undefined}
        spellCheck={false}
        autoCapitalize="none"
        maxLength={255}
        onChange={(event) => setServer(event.target.value)}
      />
      <TextField
        label="Its public key"
        hint={
          problem === undefined && !isKeyName(name)
            ? `Whoever runs it tells it; many show it at https://${name}/.well-known/matrix/policy_server`
            : 'Whoever runs it tells it. By this key everybody checks that it was asked.'
        }
        value={key}
        error={
          tried && known === undefined ? 'This is not a key: it has 43 letters, digits and signs.' : undefined
        }
        spellCheck={false}
        autoCapitalize="none"
        maxLength={100}
        onChange={(event) => setKey(event.target.value)}
      />
      <Button disabled={name === '' || key.trim() === ''} onClick={choose}>
        Choose this server
      </Button>
    </div>
  )
}
