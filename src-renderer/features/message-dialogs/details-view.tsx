import { Check, CircleAlert, Clock3, Code } from 'lucide-react'
import { useState } from 'react'
import type { Delivery, Person, RoomEvent } from '../../client/types.ts'
import { useVerbs } from '../../model/conversation.ts'
import { describeDelivery } from '../../model/delivery.ts'
import { formatMoment } from '../../model/time.ts'
import { inspectorHref } from '../../model/routes.ts'
import { useIsOwner, useReadable, useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import css from './message-dialogs.module.css'
import { MessageExcerpt } from './message-excerpt.tsx'

const ICONS = { delivered: <Check />, waiting: <Clock3 />, refused: <CircleAlert />, failed: <CircleAlert /> }

/** Where a message has arrived, who has read it, and what it is made of. */
export function DetailsView({ event }: { event: RoomEvent }) {
  const { client } = useServices()
  const { roomId } = useVerbs()
  const delivery = useReadable(client.delivery(roomId, event.id))
  const readers = useReaders(event)
  const isOwner = useIsOwner()
  return (
    <>
      <MessageExcerpt event={event} />
      {delivery !== undefined && <DeliveryList all={delivery} />}
      {isOwner && (
        <p className={css.path}>
          <a href={inspectorHref('path', [event.id])}>The path of this message</a>, step by step
        </p>
      )}
      <section className={css.section}>
        <h3>Read by</h3>
        {readers.length === 0 ? (
          <p className={css.quiet}>Nobody else yet, as far as they tell.</p>
        ) : (
          // oxlint-disable-next-line jsx-a11y/no-redundant-roles
          <ul role="list" aria-label="Read by" className={css.people}>
            {readers.map((person) => (
              <li key={person.userId}>
                <Avatar id={person.userId} name={person.name} mxc={person.avatarMxc} size={20} />
                {person.name}
              </li>
            ))}
          </ul>
        )}
      </section>
      <section className={css.section}>
        <h3>For experts</h3>
        <dl className={css.facts}>
          <Fact term="Sender" value={event.sender.userId} />
          <Fact term="Sent" value={formatMoment(event.ts)} />
          <Fact term="Event id" value={event.id} />
          <Fact term="Type" value={event.type} />
        </dl>
        <Source eventId={event.id} />
      </section>
    </>
  )
}

function DeliveryList({ all }: { all: readonly Delivery[] }) {
  return (
    <section className={css.section}>
      <h3>Delivery</h3>
      {all.length === 0 ? (
        <p className={css.quiet}>Everyone here is on this Hearth.</p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-redundant-roles
        <ul role="list" aria-label="Delivery" className={css.delivery}>
          {all.map((each) => (
            <li key={each.serverName} data-state={each.state} title={each.serverName}>
              {ICONS[each.state]}
              <span>
                {describeDelivery(each)}
                {each.error !== undefined && <span className={css.quiet}> ({each.error})</span>}
              </span>
              {each.ts !== undefined && <time>{formatMoment(each.ts)}</time>}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** Others who have read this message or one after it. */
function useReaders(event: RoomEvent): readonly Person[] {
  const { client } = useServices()
  const { roomId } = useVerbs()
  const timeline = useReadable(
    event.threadId === undefined ? client.timeline(roomId) : client.thread(roomId, event.threadId),
  )
  const room = useReadable(client.room(roomId))
  if (timeline === undefined || room === undefined) return []
  const place = new Map(timeline.events.map((each, index) => [each.id, index]))
  const here = place.get(event.id)
  if (here === undefined) return []
  return room.members.filter((member) => {
    const read = timeline.readUpTo.get(member.userId)
    const others = member.userId !== client.userId && member.userId !== event.sender.userId
    return others && read !== undefined && (place.get(read) ?? -1) >= here
  })
}

function Fact({ term, value }: { term: string; value: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function Source({ eventId }: { eventId: string }) {
  const { client, describe } = useServices()
  const { roomId } = useVerbs()
  const [source, setSource] = useState<string>()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()

  async function load(): Promise<void> {
    setBusy(true)
    setError(undefined)
    try {
      setSource(JSON.stringify(await client.eventSource(roomId, eventId), undefined, 2))
    } catch (problem) {
      setError(describe(problem))
    }
    setBusy(false)
  }

  if (source !== undefined) return <CodeBlock code={source} language="json" />
  return (
    <>
      <Button size="sm" busy={busy} onClick={() => void load()}>
        <Code aria-hidden="true" /> Show source
      </Button>
      {error !== undefined && <p className={css.problem}>The source could not be shown. {error}</p>}
    </>
  )
}
