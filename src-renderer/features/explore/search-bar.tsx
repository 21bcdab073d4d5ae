import { useState, type FormEvent } from 'react'
import { isServerName } from '../../model/addresses.ts'
import { serverChoices } from '../../model/servers.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import css from './explore-dialog.module.css'

interface SearchBarProps {
  words: string
  onWords: (words: string) => void
  /** Whose directory; undefined is this node's. */
  server: string | undefined
  onServer: (server: string | undefined) => void
  spacesOnly: boolean
  onSpacesOnly: (only: boolean) => void
}

const ANOTHER = '?'

export function SearchBar(props: SearchBarProps) {
  const { client } = useServices()
  const nearby = useReadable(client.nearby)
  const [typing, setTyping] = useState(false)
  const choices = serverChoices(nearby, client.knownServers())
  const added = props.server !== undefined && !choices.some((each) => each.serverName === props.server)

  function choose(value: string): void {
    setTyping(value === ANOTHER)
    if (value !== ANOTHER) props.onServer(value === '' ? undefined : value)
  }

  return (
    <search className={css.bar}>
      <SearchField
        label="Search rooms"
        placeholder="A name, a subject, or an address"
        focused
        value={props.words}
        onChange={props.onWords}
      />
      <div className={css.filters}>
        <label className={css.where}>
          <span>On</span>
          <select
            aria-label="Whose rooms"
            value={typing ? ANOTHER : (props.server ?? '')}
            onChange={(event) => choose(event.target.value)}
          >
            <option value="">This Hearth</option>
            {choices.map((choice) => (
              <option key={choice.serverName} value={choice.serverName}>
                {choice.label}
              </option>
            ))}
            {added && <option value={props.server}>{props.server}</option>}
            <option value={ANOTHER}>Another server…</option>
          </select>
        </label>
        <label className={css.only}>
          <input
            type="checkbox"
            checked={props.spacesOnly}
            onChange={(event) => props.onSpacesOnly(event.target.checked)}
          />
          Spaces only
        </label>
      </div>
      {typing && (
        <ServerField
          onServer={(server) => {
            setTyping(false)
            props.onServer(server)
          }}
        />
      )}
    </search>
  )
}

function ServerField({ onServer }: { onServer: (server: string) => void }) {
  const [name, setName] = useState('')
  const [error, setError] = useState<string>()

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (isServerName(name.trim())) onServer(name.trim())
    else setError('The name of a server looks like matrix.org')
  }

  return (
    <form className={css.another} onSubmit={onSubmit}>
      <TextField
        label="Name of the server"
        placeholder="matrix.org"
        error={error}
        value={name}
        maxLength={255}
        spellCheck={false}
        autoCapitalize="none"
        // It was just asked for.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        onChange={(event) => {
          setName(event.target.value)
          setError(undefined)
        }}
      />
      <Button type="submit" disabled={name.trim() === ''}>
        Show its rooms
      </Button>
    </form>
  )
}
