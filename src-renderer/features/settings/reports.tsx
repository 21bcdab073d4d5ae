import { ShieldCheck } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { Report } from '../../client/reports.ts'
import { describeReport, whoMayAct } from '../../model/describe-report.ts'
import { formatAgo, formatMoment } from '../../model/time.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { useNow } from '../../model/use-now.ts'
import { usePaged } from '../../model/use-paged.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import css from './reports.module.css'
import dialogCss from './settings-dialog.module.css'
import { SettingsSection } from './settings-section.tsx'

/** What people of this node reported: for its owner, who is the one to do something about it. */
export function Reports({ onOpen }: { onOpen: (roomId: string, eventId?: string) => void }) {
  const { client, attempt } = useServices()
  // What comes while the list is open is in it at once.
  const [arrived, gone, dismiss] = useChanges()
  const listed = usePaged<Report>(`reports ${arrived}`, {
    load: (from) => client.reports(from),
    idOf: (report) => String(report.id),
  })
  const reports = listed.items.filter((report) => !gone.has(report.id))
  const newest = listed.items[0]?.id
  useEffect(() => {
    // Whoever has them before their eyes has seen them; the mark stays on this list.
    if (newest === undefined) return
    client
      .reportsSeen(newest)
      .catch((error: unknown) => console.warn('The reports stay marked as new', error))
  }, [client, newest])

  return (
    <SettingsSection title="Reports">
      <p className={dialogCss.hint}>
        Messages, rooms and people that somebody with an account on this Hearth reported. Only you see them;
        nobody learns what becomes of a report.
      </p>
      {listed.status === 'failed' ? (
        <p role="alert" className="field-error">
          The reports could not be listed. {listed.error}{' '}
          <Button size="sm" onClick={listed.retry}>
            Try again
          </Button>
        </p>
      ) : reports.length === 0 ? (
        listed.status === 'ready' && !listed.canLoadMore ? (
          <EmptyState icon={<ShieldCheck />} title="Nothing was reported">
            When somebody reports a message, a room or a person, it waits for you here.
          </EmptyState>
        ) : (
          listed.status !== 'ready' && (
            <output className={dialogCss.hint}>
              <Spinner /> Looking
            </output>
          )
        )
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-redundant-roles
        <ul role="list" aria-label="Reports" className={css.list}>
          {reports.map((report) => (
            <ReportCard
              key={report.id}
              report={report}
              onOpen={onOpen}
              onDismiss={() => attempt(() => dismiss(report.id), 'The report could not be dismissed')}
            />
          ))}
        </ul>
      )}
      {listed.canLoadMore && (
        <Button className={css.more} size="sm" busy={listed.status === 'more'} onClick={listed.more}>
          Earlier reports
        </Button>
      )}
    </SettingsSection>
  )
}

interface CardProps {
  report: Report
  onOpen: (roomId: string, eventId?: string) => void
  onDismiss: () => Promise<unknown>
}

function ReportCard({ report, onOpen, onDismiss }: CardProps) {
  const { client } = useServices()
  const now = useNow(60_000)
  const [busy, setBusy] = useState(false)
  const { room, eventId, user, text, reason, isNew, ts } = report
  const title = describeReport(report)
  const may = whoMayAct(report, client.userId)

  async function dismissIt(): Promise<void> {
    setBusy(true)
    await onDismiss()
    setBusy(false)
  }

  return (
    <li className={css.report} data-new={isNew || undefined}>
      <p className={css.title}>
        {title}
        {isNew && <span className={css.new}>New</span>}
      </p>
      <p className={css.detail}>
        <time dateTime={new Date(ts).toISOString()} title={formatMoment(ts)}>
          {formatAgo(ts, now)}
        </time>
        {user !== undefined && ` · ${user.userId}`}
      </p>
      <p>{reason === undefined || reason === '' ? 'No reason was given.' : `“${reason}”`}</p>
      {text !== undefined && <blockquote className={css.quote}>{text}</blockquote>}
      {eventId !== undefined && text === undefined && (
        <p className={css.detail}>What it says cannot be shown here: it was deleted, or is encrypted.</p>
      )}
      {may !== undefined && <p className={css.detail}>{may}</p>}
      <div className={css.actions}>
        {room !== undefined &&
          (client.hasRoom(room.id) ? (
            <Button size="sm" aria-label={`Open: ${title}`} onClick={() => onOpen(room.id, eventId)}>
              {eventId === undefined ? 'Open the room' : 'Open the message'}
            </Button>
          ) : (
            <span className={css.detail}>You are not in this room.</span>
          ))}
        <Button
          size="sm"
          variant="ghost"
          busy={busy}
          aria-label={`Dismiss: ${title}`}
          onClick={() => void dismissIt()}
        >
          Dismiss
        </Button>
      </div>
    </li>
  )
}

/** How often reports came in while the list was shown, and which of them were dismissed here. */
function useChanges(): [number, ReadonlySet<number>, (id: number) => Promise<void>] {
  const { client } = useServices()
  const fresh = useReadable(client.newReports)
  const last = useRef(fresh)
  const [arrived, setArrived] = useState(0)
  const [gone, setGone] = useState<ReadonlySet<number>>(new Set())
  useEffect(() => {
    if (fresh > last.current) setArrived((count) => count + 1)
    last.current = fresh
  }, [fresh])
  async function dismiss(id: number): Promise<void> {
    await client.dismissReport(id)
    setGone((before) => new Set(before).add(id))
  }
  return [arrived, gone, dismiss]
}
