import { useCallback, useEffect, useState, type KeyboardEvent } from 'react'
import type { RoomFacts } from '../../client/types.ts'
import { aliasesOf, localpartProblem } from '../../model/room-aliases.ts'
import { serverOfUser } from '../../model/people.ts'
import { whyNotSet } from '../../model/room-rights.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { SwitchField, TextField } from '../../ui/field.tsx'
import { Note } from '../../ui/note.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import { Stack } from '../../ui/stack.tsx'
import css from './room-settings.module.css'

const TYPE = 'm.room.canonical_alias'

/** Under which names the room is found. Unlike the other settings these count at once: servers keep them. */
export function AddressesPart({ facts }: { facts: RoomFacts }) {
  const { client, attempt } = useServices()
  const local = useLocalAliases(facts.id)
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState<string>()
  const whyNot = whyNotSet(facts, client.userId, TYPE)
  const { main, others } = aliasesOf(facts)
  const here = local.aliases ?? []
  const all = [...new Set([...(main === undefined ? [] : [main]), ...here, ...others])]

  async function run(key: string, failure: string, action: () => Promise<unknown>): Promise<boolean> {
    setBusy(key)
    const worked = await attempt(action, failure)
    local.reload()
    setBusy(undefined)
    return worked
  }

  /** What the room tells everybody of its addresses. */
  async function announce(next: string | undefined, alternatives: readonly string[]): Promise<void> {
    const before = facts.state[TYPE]
    const { alias: _alias, alt_aliases: _alternatives, ...rest } = before ?? {}
    await client.writeState(
      facts.id,
      TYPE,
      {
        ...rest,
        ...(next === undefined ? {} : { alias: next }),
        ...(alternatives.length === 0 ? {} : { alt_aliases: alternatives }),
      },
      before,
    )
  }

  async function add(): Promise<void> {
    const localpart = typed.trim().replace(/^#/u, '')
    const wrong = localpartProblem(localpart)
    setProblem(wrong)
    if (wrong !== undefined || busy !== undefined) return
    const worked = await run('add', 'The address could not be added', async () => {
      const alias = await client.addAlias(facts.id, localpart)
      if (main === undefined && whyNot === undefined) await announce(alias, others)
    })
    if (worked) setTyped('')
  }

  const makeMain = async (alias: string): Promise<void> => {
    const rest = others.filter((each) => each !== alias)
    await run(alias, 'The main address could not be changed', () =>
      announce(alias, main === undefined ? rest : [...rest, main]),
    )
  }

  const remove = async (alias: string): Promise<void> => {
    await run(alias, 'The address could not be removed', async () => {
      const announced = alias === main || others.includes(alias)
      if (announced && whyNot === undefined)
        await announce(
          alias === main ? undefined : main,
          others.filter((each) => each !== alias),
        )
      if (here.includes(alias)) await client.removeAlias(alias)
    })
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
    event.preventDefault()
    void add()
  }

  return (
    <Stack gap="lg">
      <section className={css.group}>
        <p className={css.lead}>
          An address is a name under which others find the room and join it, such as #garden:example.org. It
          counts at once.
        </p>
        {whyNot !== undefined && (
          <Note>
            {whyNot} You can still add addresses at your own Hearth, but the room does not tell them to
            others.
          </Note>
        )}
        {local.problem !== undefined && <Note tone="warn">{local.problem}</Note>}
        {local.aliases === undefined && local.problem === undefined ? (
          <Spinner />
        ) : all.length === 0 ? (
          <p className={css.empty}>The room has no address yet.</p>
        ) : (
          // oxlint-disable-next-line jsx-a11y/no-redundant-roles
          <ul role="list" aria-label="Addresses" className={css.rights}>
            {all.map((alias) => (
              <li key={alias} className={css.right}>
                <span className={css.rightLabel}>
                  <span className={css.mono}>{alias}</span>
                  {alias === main && <span className={css.detail}>Main address</span>}
                  {!here.includes(alias) && <span className={css.detail}>Kept by another server</span>}
                </span>
                <span className={css.actions}>
                  {alias !== main && whyNot === undefined && (
                    <Button
                      size="sm"
                      variant="ghost"
                      disabled={busy !== undefined}
                      onClick={() => void makeMain(alias)}
                    >
                      Make main
                    </Button>
                  )}
                  {(here.includes(alias) || whyNot === undefined) && (
                    <Button
                      size="sm"
                      variant="ghost"
                      aria-label={`Remove ${alias}`}
                      busy={busy === alias}
                      disabled={busy !== undefined}
                      onClick={() => void remove(alias)}
                    >
                      Remove
                    </Button>
                  )}
                </span>
              </li>
            ))}
          </ul>
        )}
        <div className={css.add}>
          <TextField
            label="Add an address"
            placeholder="garden"
            value={typed}
            error={problem}
            hint={`It ends with :${serverOfUser(client.userId)}`}
            spellCheck={false}
            maxLength={180}
            onChange={(event) => {
              setTyped(event.target.value)
              setProblem(undefined)
            }}
            onKeyDown={onKeyDown}
          />
          <Button
            busy={busy === 'add'}
            disabled={typed.trim() === '' || busy !== undefined}
            onClick={() => void add()}
          >
            Add
          </Button>
        </div>
      </section>
      <Directory facts={facts} />
    </Stack>
  )
}

/** Whoever looks through the public rooms of this Hearth finds it there. */
function Directory({ facts }: { facts: RoomFacts }) {
  const { client, attempt } = useServices()
  const [listed, setListed] = useState<boolean>()
  useEffect(() => {
    let current = true
    client
      .isListed(facts.id)
      .then((is) => current && setListed(is))
      .catch((error: unknown) => console.warn('The directory could not be read', error))
    return () => {
      current = false
    }
  }, [client, facts.id])

  async function change(on: boolean): Promise<void> {
    setListed(on)
    if (!(await attempt(() => client.setListed(facts.id, on), 'The directory could not be changed')))
      setListed(!on)
  }

  return (
    <section className={css.group}>
      <SwitchField
        label="List it in the directory of this Hearth"
        hint="Everybody who looks through the public rooms of your Hearth, also from other servers, sees its name, topic and picture."
        checked={listed === true}
        disabled={listed === undefined}
        onChange={(on) => void change(on)}
      />
    </section>
  )
}

function useLocalAliases(roomId: string) {
  const { client, describe } = useServices()
  const [aliases, setAliases] = useState<readonly string[]>()
  const [problem, setProblem] = useState<string>()
  const [times, setTimes] = useState(0)
  useEffect(() => {
    let current = true
    client
      .localAliases(roomId)
      .then((found) => {
        if (!current) return
        setAliases(found)
        setProblem(undefined)
      })
      .catch((error: unknown) => current && setProblem(describe(error)))
    return () => {
      current = false
    }
  }, [client, describe, roomId, times])
  const reload = useCallback(() => setTimes((before) => before + 1), [])
  return { aliases, problem, reload }
}
