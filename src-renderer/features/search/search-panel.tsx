import { CalendarDays, SearchX } from 'lucide-react'
import { useId, useState, type FormEvent } from 'react'
import type { SearchHit, SearchPage } from '../../client/search.ts'
import { useConversation } from '../../model/conversation.ts'
import { roomHref } from '../../model/routes.ts'
import { plural } from '../../model/text.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Waiting } from '../../ui/waiting.tsx'
import { SearchHitRow } from './search-hit.tsx'
import css from './search-panel.module.css'
import { useSearch } from './use-search.ts'

const DAY_MS = 86_400_000

/** Full-text search over one's messages, here or everywhere, by person and date. */
export function SearchPanel({ onClose }: { onClose: () => void }) {
  const { room, jumpTo } = useConversation()
  const { client, attempt } = useServices()
  const [text, setText] = useState('')
  const [scope, setScope] = useState<'room' | 'all'>('room')
  const [sender, setSender] = useState('')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const id = useId()
  const search = useSearch({
    text: text.trim(),
    roomId: scope === 'room' ? room.id : undefined,
    sender: sender === '' ? undefined : sender,
    fromTs: dayStart(from),
    toTs: dayStart(to) === undefined ? undefined : (dayStart(to) ?? 0) + DAY_MS - 1,
  })

  function jumpToDate(event: FormEvent): void {
    event.preventDefault()
    const ts = dayStart(from)
    if (ts !== undefined) {
      void attempt(async () => jumpTo(await client.focusDate(room.id, ts)), 'This day could not be shown')
    }
  }

  return (
    <SidePanel title="Search" onClose={onClose}>
      <search>
        <form className={css.form} onSubmit={jumpToDate}>
          <SearchField
            label="Search messages"
            placeholder={scope === 'room' ? `Search in ${room.name}` : 'Search everywhere'}
            focused
            value={text}
            onChange={setText}
          />
          <Segmented
            label="Where"
            value={scope}
            options={[
              { value: 'room', label: 'Here' },
              { value: 'all', label: 'Everywhere' },
            ]}
            onChange={setScope}
          />
          <div className={css.filters}>
            <label className={css.filter} htmlFor={`${id}-who`}>
              <span>By</span>
              <select id={`${id}-who`} value={sender} onChange={(event) => setSender(event.target.value)}>
                <option value="">Anyone</option>
                {room.members.map((member) => (
                  <option key={member.userId} value={member.userId}>
                    {member.userId === client.userId ? `${member.name} (you)` : member.name}
                  </option>
                ))}
              </select>
            </label>
            <label className={css.filter} htmlFor={`${id}-from`}>
              <span>From</span>
              <input
                id={`${id}-from`}
                type="date"
                value={from}
                onChange={(event) => setFrom(event.target.value)}
              />
            </label>
            <label className={css.filter} htmlFor={`${id}-to`}>
              <span>To</span>
              <input id={`${id}-to`} type="date" value={to} onChange={(event) => setTo(event.target.value)} />
            </label>
          </div>
          {from !== '' && scope === 'room' && (
            <Button size="sm" type="submit">
              <CalendarDays aria-hidden="true" /> Jump to this day
            </Button>
          )}
        </form>
      </search>
      <Results search={search} asked={text.trim()} everywhere={scope === 'all'} />
    </SidePanel>
  )
}

interface ResultsProps {
  search: ReturnType<typeof useSearch>
  asked: string
  everywhere: boolean
}

function Results({ search, asked, everywhere }: ResultsProps) {
  const { page, status, more } = search
  if (asked === '')
    return (
      <p className={css.hint}>
        Words of a message, the name of a file. Everything you may read is searched, also what was said before
        you opened the room here.
      </p>
    )
  if (status === 'failed')
    return (
      <EmptyState
        icon={<SearchX />}
        title="The search did not work"
        actions={<Button onClick={search.retry}>Try again</Button>}
      >
        {search.error}
      </EmptyState>
    )
  if (page === undefined) return <Waiting whole>Searching</Waiting>
  if (page.hits.length === 0)
    return (
      <EmptyState icon={<SearchX />} title="Nothing found">
        No message has these words. Fewer words, or the beginning of one, find more.
      </EmptyState>
    )
  return (
    <div className={css.results} aria-busy={status === 'loading'}>
      <p className={css.count} aria-live="polite">
        {plural(Math.max(page.count, page.hits.length), 'message')}
      </p>
      <HitList page={page} everywhere={everywhere} />
      {page.next !== undefined && (
        <Button className={css.more} busy={status === 'more'} onClick={more}>
          Show more
        </Button>
      )}
    </div>
  )
}

function HitList({ page, everywhere }: { page: SearchPage; everywhere: boolean }) {
  const { room, jumpTo } = useConversation()
  const { client } = useServices()
  const me = useReadable(client.profile)
  const open = (hit: SearchHit): void => {
    if (hit.roomId === room.id) jumpTo(hit.event.id)
    else window.location.assign(roomHref(hit.roomId, hit.event.id))
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-redundant-roles
    <ul role="list" aria-label="Found messages">
      {page.hits.map((hit) => (
        <li key={`${hit.roomId} ${hit.event.id}`}>
          <SearchHitRow
            hit={hit}
            own={hit.event.sender.userId === me.userId}
            words={page.highlights}
            withRoom={everywhere}
            onOpen={() => open(hit)}
          />
        </li>
      ))}
    </ul>
  )
}

/** Midnight of a day as a date field gives it, in the person's own time zone. */
function dayStart(date: string): number | undefined {
  const ts = date === '' ? Number.NaN : new Date(`${date}T00:00:00`).getTime()
  return Number.isNaN(ts) ? undefined : ts
}
