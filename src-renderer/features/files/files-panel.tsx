import { AudioLines, FolderOpen, Images, RotateCw } from 'lucide-react'
import { useState } from 'react'
import { useConversation } from '../../model/conversation.ts'
import { byMonth, filesOfKind, type GalleryItem, type GalleryKind } from '../../model/gallery.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Lightbox } from '../../ui/lightbox.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Waiting } from '../../ui/waiting.tsx'
import { FileRow } from './file-row.tsx'
import css from './files-panel.module.css'
import { PictureTile } from './picture-tile.tsx'
import { useLoadMore } from './use-load-more.ts'

const KINDS = [
  { value: 'pictures', label: 'Pictures' },
  { value: 'files', label: 'Files' },
  { value: 'sounds', label: 'Audio' },
] as const

const EMPTY = {
  pictures: {
    icon: <Images />,
    title: 'No pictures yet',
    words: 'Pictures and videos that are sent here stand side by side.',
  },
  files: {
    icon: <FolderOpen />,
    title: 'No files yet',
    words: 'Drop a file on the conversation to send it.',
  },
  sounds: {
    icon: <AudioLines />,
    title: 'Nothing to hear yet',
    words: 'Voice messages and music come here.',
  },
} as const

/** All files of the room, the newest first. */
export function FilesPanel({ onClose }: { onClose: () => void }) {
  const { client } = useServices()
  const { room } = useConversation()
  const list = useReadable(client.files(room.id))
  const [kind, setKind] = useState<GalleryKind>('pictures')
  const items = filesOfKind(list.events, kind)
  const { state, load, end } = useLoadMore(
    () => client.loadMoreFiles(room.id),
    list.canLoadMore,
    items.length,
  )
  return (
    <SidePanel title="Files" onClose={onClose}>
      <div className={css.kinds}>
        <Segmented label="Kind" labelHidden value={kind} options={KINDS} onChange={setKind} />
      </div>
      {list.status === 'failed' ? (
        <EmptyState
          icon={<FolderOpen />}
          title="The files could not be loaded"
          actions={
            <Button busy={state === 'loading'} onClick={load}>
              <RotateCw aria-hidden="true" /> Try again
            </Button>
          }
        >
          Hearth did not answer.
        </EmptyState>
      ) : (
        <>
          {kind === 'pictures' ? <Pictures items={items} /> : <Rows items={items} />}
          {list.status === 'loading' || list.canLoadMore ? (
            <div ref={end} className={css.more}>
              {state === 'failed' ? (
                <Button size="sm" onClick={load}>
                  <RotateCw aria-hidden="true" /> Load more
                </Button>
              ) : (
                <Waiting>Loading</Waiting>
              )}
            </div>
          ) : (
            items.length === 0 && (
              <EmptyState icon={EMPTY[kind].icon} title={EMPTY[kind].title}>
                {EMPTY[kind].words}
              </EmptyState>
            )
          )}
        </>
      )}
    </SidePanel>
  )
}

function Pictures({ items }: { items: readonly GalleryItem[] }) {
  const [current, setCurrent] = useState<string>()
  return (
    <>
      {byMonth(items).map((month) => (
        <section key={month.label} className={css.month} aria-label={month.label}>
          <h3>{month.label}</h3>
          {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
          <ul role="list" className={css.grid}>
            {month.items.map((item) => (
              <li key={item.event.id}>
                <PictureTile item={item} onOpen={() => setCurrent(item.event.id)} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      {current !== undefined && (
        <Lightbox
          events={items.map((item) => item.event).toReversed()}
          current={current}
          onClose={() => setCurrent(undefined)}
          onCurrent={setCurrent}
        />
      )}
    </>
  )
}

function Rows({ items }: { items: readonly GalleryItem[] }) {
  return byMonth(items).map((month) => (
    <section key={month.label} className={css.month} aria-label={month.label}>
      <h3>{month.label}</h3>
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list">
        {month.items.map((item) => (
          <li key={item.event.id}>
            <FileRow item={item} />
          </li>
        ))}
      </ul>
    </section>
  ))
}
