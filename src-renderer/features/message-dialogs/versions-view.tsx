import { useEffect, useState } from 'react'
import type { RoomEvent } from '../../client/types.ts'
import { useVerbs } from '../../model/conversation.ts'
import { formatMoment } from '../../model/time.ts'
import { useServices } from '../../model/use-client.ts'
import { MessageBoundary } from '../../ui/message-boundary.tsx'
import { MessageContent } from '../../ui/message-content.tsx'
import { Waiting } from '../../ui/waiting.tsx'
import css from './message-dialogs.module.css'

/** What a message said over time, newest first. */
export function VersionsView({ event }: { event: RoomEvent }) {
  const { client, describe } = useServices()
  const { roomId } = useVerbs()
  const [versions, setVersions] = useState<readonly RoomEvent[]>()
  const [error, setError] = useState<string>()
  const { id } = event

  useEffect(() => {
    let current = true
    client
      .versions(roomId, id)
      .then((found) => current && setVersions(found))
      .catch((problem: unknown) => current && setError(describe(problem)))
    return () => {
      current = false
    }
  }, [client, describe, roomId, id])

  if (error !== undefined) return <p className={css.problem}>The versions could not be loaded. {error}</p>
  if (versions === undefined) return <Waiting>Loading</Waiting>
  return (
    <ol className={css.versions}>
      {versions.toReversed().map((version, index) => (
        <li key={version.id}>
          <p className={css.when}>
            {index === versions.length - 1 ? 'First written' : index === 0 ? 'Now' : 'Edited'} ·{' '}
            <time>{formatMoment(version.ts)}</time>
          </p>
          <MessageBoundary content={version.content}>
            {version.redacted ? (
              <span className={css.quiet}>Deleted</span>
            ) : (
              <MessageContent
                type={version.type}
                content={version.content}
                event={version}
                senderName={version.sender.name}
              />
            )}
          </MessageBoundary>
        </li>
      ))}
    </ol>
  )
}
