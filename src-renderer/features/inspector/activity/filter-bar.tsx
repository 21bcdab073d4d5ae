import { X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useReadable, useServices } from '../../../model/use-client.ts'
import { Button } from '../../../ui/button.tsx'
import { IconButton } from '../../../ui/icon-button.tsx'
import { SearchField } from '../../../ui/search-field.tsx'
import { Choice } from '../choice.tsx'
import { PauseButton } from '../pause-button.tsx'
import { short } from '../trace-values.tsx'
import { useNames } from '../use-names.ts'
import css from './activity.module.css'
import { activityHref, type ActivityFilter } from './filter.ts'
import { kinds } from './kinds.ts'

interface FilterBarProps {
  filter: ActivityFilter
  selected: number | undefined
  paused: boolean
  onPause: (paused: boolean) => void
}

/** What is shown stands in the address, so that it can be kept and sent to others. */
export function FilterBar({ filter, selected, paused, onPause }: FilterBarProps) {
  const names = useNames()
  const { client } = useServices()
  const rooms = useReadable(client.rooms)
  const { peers } = useReadable(client.nearby)
  const go = (change: ActivityFilter): void => {
    window.location.hash = activityHref(filter, change, selected)
  }

  return (
    <div className={css.filters}>
      <TextFilter text={filter.text ?? ''} onText={(text) => go({ text })} />
      <Choice
        label="Kind"
        all="Everything"
        value={filter.label ?? ''}
        options={kinds}
        onChange={(label) => go({ label })}
      />
      <Choice
        label="Outcome"
        all="Any outcome"
        value={filter.level ?? ''}
        options={[
          { value: 'info', label: 'Noteworthy' },
          { value: 'warn', label: 'Went wrong' },
        ]}
        onChange={(level) => go({ level })}
      />
      <Choice
        label="Room"
        all="All rooms"
        value={filter.room ?? ''}
        options={rooms.map(({ id, name }) => ({ value: id, label: name }))}
        other={names.room}
        onChange={(room) => go({ room })}
      />
      <Choice
        label="Server"
        all="All servers"
        value={filter.server ?? ''}
        options={peers.map(({ serverName }) => ({ value: serverName, label: names.server(serverName) }))}
        other={names.server}
        onChange={(server) => go({ server })}
      />
      {(['event', 'user', 'txn'] as const).map((name) => {
        const value = filter[name]
        if (value === undefined) return null
        const words = name === 'user' ? names.user(value) : short(value)
        return (
          <Button key={name} size="sm" title={value} onClick={() => go({ [name]: '' })}>
            {name === 'txn' ? 'transaction' : name} {words}
            <X aria-label="(remove this filter)" />
          </Button>
        )
      })}
      {Object.keys(filter).length > 0 && (
        <IconButton
          size="sm"
          label="Show everything"
          icon={<X />}
          onClick={() => {
            window.location.hash = activityHref({}, {}, selected)
          }}
        />
      )}
      <span className={css.space} />
      <PauseButton paused={paused} onPause={onPause} />
    </div>
  )
}

const TYPING_MS = 300

function TextFilter({ text, onText }: { text: string; onText: (text: string) => void }) {
  const [typed, setTyped] = useState({ of: text, text })
  const shown = typed.of === text ? typed.text : text
  useEffect(() => {
    if (shown === text) return
    const timer = setTimeout(() => onText(shown), TYPING_MS)
    return () => clearTimeout(timer)
  }, [shown, text, onText])
  return (
    <div className={css.search}>
      <SearchField
        label="Search in the activity"
        placeholder="Search"
        value={shown}
        onChange={(next) => setTyped({ of: text, text: next.slice(0, 200) })}
      />
    </div>
  )
}
