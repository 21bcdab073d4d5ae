import { X } from 'lucide-react'
import { inspectorHref } from '../../../model/routes.ts'
import { IconButton } from '../../../ui/icon-button.tsx'
import { Choice } from '../choice.tsx'
import { ExportButton } from '../export/export-button.tsx'
import { useNames } from '../use-names.ts'
import { withFilter, type Filter } from './filter.ts'
import css from './refused.module.css'
import type { RefusalPage } from './schema.ts'

const go = (filter: Record<string, string>): void => {
  window.location.hash = inspectorHref('refused', [], filter)
}

/** Of one room, of one server; both stand in the address. */
export function FilterBar({ filter, page }: { filter: Filter; page: RefusalPage }) {
  const names = useNames()
  const nameOf = (roomId: string): string =>
    page.rooms.find((room) => room.room_id === roomId)?.name ?? names.room(roomId)
  const filtered = Object.keys(filter).length > 0
  if (!filtered && page.refusals.length === 0) return null
  return (
    <div className={css.filter}>
      <Choice
        label="Room"
        all="All rooms"
        value={filter.room ?? ''}
        options={page.rooms.map((room) => ({
          value: room.room_id,
          label: nameOf(room.room_id),
        }))}
        onChange={(room) => go(withFilter(filter, { room }))}
      />
      <Choice
        label="Server"
        all="All servers"
        value={filter.server ?? ''}
        options={page.servers.map((server) => ({ value: server, label: names.server(server) }))}
        onChange={(server) => go(withFilter(filter, { server }))}
      />
      {filter.room !== undefined && <ExportButton small roomId={filter.room} name={nameOf(filter.room)} />}
      {filtered && <IconButton size="sm" label="Show all" icon={<X />} onClick={() => go({})} />}
    </div>
  )
}
