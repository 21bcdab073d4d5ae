import { ArrowLeft, ChevronDown, ChevronUp, Minus, Plus } from 'lucide-react'
import { inspectorHref } from '../../../model/routes.ts'
import { IconButton } from '../../../ui/icon-button.tsx'
import { SearchField } from '../../../ui/search-field.tsx'
import { Segmented } from '../../../ui/segmented.tsx'
import { ExportButton } from '../export/export-button.tsx'
import css from './graph.module.css'
import type { Filter } from './marks.ts'

interface ToolbarProps {
  roomId: string
  room: string
  words: string
  onWords: (words: string) => void
  filter: Filter
  onFilter: (filter: Filter) => void
  /** Undefined while nothing is looked for. */
  matches: number | undefined
  onMatch: (by: 1 | -1) => void
  onZoom: (factor: number) => void
}

/** Which room it is, and what of it is looked for. */
export function Toolbar(props: ToolbarProps) {
  const { room, words, filter, matches } = props
  return (
    <div className={css.toolbar}>
      <a className={css.back} href={inspectorHref('graph')} aria-label="All rooms">
        <ArrowLeft aria-hidden="true" />
      </a>
      <h2 className={css.room} title={room}>
        {room}
      </h2>
      <search className={css.searchPart}>
        <form
          className={css.search}
          onSubmit={(event) => {
            event.preventDefault()
            props.onMatch(1)
          }}
        >
          <SearchField
            label="Search events"
            placeholder="Id, sender, type or state key"
            value={words}
            onChange={props.onWords}
          />
          {matches !== undefined && (
            <>
              <output className={css.matches}>{matches === 0 ? 'None' : matches.toLocaleString()}</output>
              <IconButton
                size="sm"
                label="Next newer match"
                icon={<ChevronUp />}
                disabled={matches === 0}
                onClick={() => props.onMatch(-1)}
              />
              <IconButton
                size="sm"
                label="Next older match"
                icon={<ChevronDown />}
                disabled={matches === 0}
                onClick={() => props.onMatch(1)}
              />
            </>
          )}
        </form>
      </search>
      <div className={css.filter}>
        <Segmented
          label="Show"
          labelHidden
          value={filter}
          options={[
            { value: 'all', label: 'All' },
            { value: 'state', label: 'State' },
            { value: 'problems', label: 'Problems' },
          ]}
          onChange={props.onFilter}
        />
      </div>
      <div className={css.zoom}>
        <IconButton size="sm" label="Zoom out" icon={<Minus />} onClick={() => props.onZoom(0.8)} />
        <IconButton size="sm" label="Zoom in" icon={<Plus />} onClick={() => props.onZoom(1.25)} />
        <ExportButton small roomId={props.roomId} name={room} />
      </div>
    </div>
  )
}
