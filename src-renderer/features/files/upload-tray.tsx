import { CircleAlert, RotateCw, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useConversation } from '../../model/conversation.ts'
import { formatBytes } from '../../model/measures.ts'
import { describeProgress, speedOf, withSample, type Sample } from '../../model/transfer.ts'
import type { Upload } from '../../model/types.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { FileName } from '../../ui/file-card.tsx'
import { FileIcon } from '../../ui/file-icon.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import css from './upload-tray.module.css'

/** How often the speed is told anew. */
const SAMPLE_MS = 1_000

/** Files on their way to the own node. */
export function UploadTray() {
  const { client } = useServices()
  const { room, threadId } = useConversation()
  const uploads = useReadable(client.uploads(room.id)).filter((each) => each.threadId === threadId)
  if (uploads.length === 0) return null
  return (
    // oxlint-disable-next-line jsx-a11y/no-redundant-roles
    <ul role="list" aria-label="Files being sent" className={css.tray}>
      {uploads.map((upload) => (
        <li key={upload.id}>
          <UploadRow upload={upload} />
        </li>
      ))}
    </ul>
  )
}

function UploadRow({ upload }: { upload: Upload }) {
  const { client } = useServices()
  const { id, name, state } = upload
  const speed = useSpeed(upload)
  return (
    <div className={css.upload} data-state={state}>
      <span className={css.icon}>
        {state === 'failed' ? (
          <CircleAlert aria-hidden="true" />
        ) : (
          <FileIcon type={upload.type} name={name} />
        )}
      </span>
      <div className={css.words}>
        <FileName name={name} />
        <p className={css.detail}>{describe(upload, speed)}</p>
        {state !== 'failed' && (
          <progress aria-label={`${name} sent`} max={Math.max(1, upload.size)} value={upload.sentBytes} />
        )}
      </div>
      {state === 'failed' && (
        <Button size="sm" onClick={() => client.retryUpload(id)}>
          <RotateCw aria-hidden="true" /> Retry
        </Button>
      )}
      <IconButton
        size="sm"
        label={state === 'failed' ? `Discard ${name}` : `Cancel ${name}`}
        icon={<X />}
        onClick={() => client.cancelUpload(id)}
      />
    </div>
  )
}

function describe({ state, error, sentBytes, size }: Upload, speed: number | undefined): string {
  if (state === 'failed') return `Not sent${error === undefined ? '.' : `: ${error}`}`
  if (state === 'waiting') return `Waiting · ${formatBytes(size)}`
  if (sentBytes >= size) return 'Being stored…'
  return describeProgress(sentBytes, size, speed)
}

/** Bytes per second over the last seconds, told once a second; undefined while it cannot be said. */
function useSpeed({ state, sentBytes }: Upload): number | undefined {
  const [samples, setSamples] = useState<readonly Sample[]>([])
  const latest = useRef(sentBytes)
  useEffect(() => {
    latest.current = sentBytes
  }, [sentBytes])
  useEffect(() => {
    if (state !== 'sending') return
    const timer = setInterval(
      () => setSamples((now) => withSample(now, { ts: Date.now(), bytes: latest.current })),
      SAMPLE_MS,
    )
    return () => clearInterval(timer)
  }, [state])
  return state === 'sending' ? speedOf(samples) : undefined
}
