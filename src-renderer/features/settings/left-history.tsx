import { useCallback, useEffect, useRef, useState } from 'react'
import type { LeftHistory as History, LeftRoom } from '../../client/left-rooms.ts'
import type { RoomEvent } from '../../client/types.ts'
import { describeMessage } from '../../model/describe-event.ts'
import { describeStateEvent } from '../../model/describe-state.ts'
import { formatMoment } from '../../model/time.ts'
import { isDrawn } from '../../model/timeline-row.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import css from './left-history.module.css'

/** What was said in a room that one has left, in words only, as far as one could read it. */
export function LeftHistory({ room, onClose }: { room: LeftRoom; onClose: () => void }) {
  const { client, describe } = useServices()
  const [pages, setPages] = useState<readonly History[]>([])
  const [loading, setLoading] = useState(true)
  const [problem, setProblem] = useState<string>()
  const begun = useRef(false)
  const [first] = pages

  const load = useCallback(
    async (from: string | undefined): Promise<void> => {
      setLoading(true)
      setProblem(undefined)
      try {
        const page = await client.leftHistory(room.id, from)
        setPages((before) => [page, ...before])
      } catch (error) {
        setProblem(describe(error))
      }
      setLoading(false)
    },
    [client, describe, room.id],
  )
  useEffect(() => {
    if (begun.current) return
    begun.current = true
    // oxlint-disable-next-line react/set-state-in-effect
    void load(undefined)
  }, [load])

  return (
    <Dialog open onOpenChange={onClose} title={room.name ?? 'A room without a name'} width="md">
      <div className={css.history}>
        {(loading || problem !== undefined || first?.older !== undefined) && (
          <Button className={css.more} size="sm" busy={loading} onClick={() => void load(first?.older)}>
            {problem === undefined ? 'Earlier messages' : 'Try again'}
          </Button>
        )}
        {problem !== undefined && (
          <p role="alert" className="field-error">
            {problem}
          </p>
        )}
        <ol aria-label="Messages" className={css.list}>
          {pages
            .flatMap((page) => page.events)
            .map((event) => (
              <Line key={event.id} event={event} />
            ))}
        </ol>
        {!loading && problem === undefined && pages.every((page) => page.events.length === 0) && (
          <p className={css.empty}>There is nothing here that you may read.</p>
        )}
      </div>
    </Dialog>
  )
}

function Line({ event }: { event: RoomEvent }) {
  const state = event.stateKey !== undefined
  if (!state && !isDrawn(event.type, event.content)) return null
  const words = state ? describeStateEvent(event) : describeMessage(event)
  if (words === undefined) return null
  return (
    <li className={css.line} data-state={state || undefined}>
      {!state && <span className={css.name}>{event.sender.name}</span>}
      <time>{formatMoment(event.ts)}</time>
      <p>{words}</p>
    </li>
  )
}
