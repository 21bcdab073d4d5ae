import { MessagesSquare } from 'lucide-react'
import { useState } from 'react'
import type { RoomEvent } from '../../client/types.ts'
import { useConversation } from '../../model/conversation.ts'
import { describeMessage } from '../../model/describe-event.ts'
import { plural } from '../../model/text.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { PanelMessage, PanelWords } from '../../ui/panel-message.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Waiting } from '../../ui/waiting.tsx'
import css from './threads.module.css'

/** The room's threads, newest reply first. */
export function ThreadsPanel({ onClose }: { onClose: () => void }) {
  const { room } = useConversation()
  const { client, attempt } = useServices()
  const { roots, status, canLoadMore } = useReadable(client.threads(room.id))
  const [which, setWhich] = useState<'all' | 'mine'>('all')
  const [loading, setLoading] = useState(false)
  const shown = which === 'all' ? roots : roots.filter((root) => root.thread?.participated === true)

  async function more(): Promise<void> {
    setLoading(true)
    await attempt(() => client.loadMoreThreads(room.id), 'More threads could not be loaded')
    setLoading(false)
  }

  return (
    <SidePanel title="Threads" onClose={onClose}>
      <div className={css.filter}>
        <Segmented
          label="Show"
          value={which}
          options={[
            { value: 'all', label: 'All' },
            { value: 'mine', label: 'With me' },
          ]}
          onChange={setWhich}
        />
      </div>
      {status === 'loading' && roots.length === 0 && <Waiting whole>Loading threads</Waiting>}
      {status === 'failed' && roots.length === 0 && (
        <EmptyState
          icon={<MessagesSquare />}
          title="The threads could not be loaded"
          actions={
            <Button busy={loading} onClick={() => void more()}>
              Try again
            </Button>
          }
        />
      )}
      {status === 'ready' && shown.length === 0 && (
        <EmptyState
          icon={<MessagesSquare />}
          title={which === 'all' ? 'No threads yet' : 'No threads with you'}
        >
          A thread keeps a side talk together: a message’s menu has “Reply in thread”.
        </EmptyState>
      )}
      {shown.length > 0 && (
        // oxlint-disable-next-line jsx-a11y/no-redundant-roles
        <ul role="list" aria-label="Threads" className={css.list}>
          {shown.map((root) => (
            <li key={root.id}>
              <ThreadRow root={root} />
            </li>
          ))}
        </ul>
      )}
      {canLoadMore && roots.length > 0 && (
        <Button className={css.more} busy={loading} onClick={() => void more()}>
          Show more
        </Button>
      )}
    </SidePanel>
  )
}

function ThreadRow({ root }: { root: RoomEvent }) {
  const { openPanel } = useConversation()
  const { thread } = root
  const latest = thread?.latest
  const unread = thread?.unread ?? 0
  return (
    <PanelMessage
      sender={root.sender}
      ts={latest?.ts ?? root.ts}
      avatarSize={32}
      onOpen={() => openPanel({ kind: 'thread', rootId: root.id })}
    >
      <PanelWords lines={2}>{describeMessage(root)}</PanelWords>
      <span className={css.line} data-unread={unread > 0 || undefined}>
        <span className={css.latest}>
          {plural(thread?.count ?? 0, 'reply', 'replies')}
          {latest !== undefined && ` · ${latest.sender.name}: ${describeMessage(latest)}`}
        </span>
        {unread > 0 && (
          <span className={css.badge} data-loud={(thread?.highlights ?? 0) > 0 || undefined}>
            {unread > 99 ? '99+' : unread}
            <span className="visually-hidden"> unread</span>
          </span>
        )}
      </span>
    </PanelMessage>
  )
}
