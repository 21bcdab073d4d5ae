import { FileUp } from 'lucide-react'
import { useEffect, useState, type ClipboardEvent, type DragEvent, type ReactNode } from 'react'
import { useConversation } from '../../model/conversation.ts'
import { namePasted } from '../../model/staging.ts'
import { useServices } from '../../model/use-client.ts'
import { useStageFiles } from '../../model/use-stage-files.ts'
import css from './drop-zone.module.css'

interface DropZoneProps {
  /** The conversation stands in a panel beside another one. */
  beside?: boolean
  children: ReactNode
}

/** Files dropped or pasted anywhere on the conversation are staged for the next message. */
export function DropZone({ beside = false, children }: DropZoneProps) {
  const { room, threadId } = useConversation()
  const { toast } = useServices()
  const [over, setOver] = useState(false)
  const stageFiles = useStageFiles()
  const closed = !room.can.send || room.encrypted
  useHarmlessDrops()

  function onDrop(event: DragEvent): void {
    if (!hasFiles(event)) return
    event.preventDefault()
    setOver(false)
    if (closed) return toast('You may not send files here.')
    const { files, folders } = sort(event.dataTransfer)
    if (folders > 0) toast('Folders cannot be sent. Pack a folder into an archive, or drop the files in it.')
    if (files.length > 0) stageFiles(files)
  }

  function onPaste(event: ClipboardEvent): void {
    const files = [...event.clipboardData.files]
    // Some programs put a picture of the text beside the text: then the text is meant.
    const text = event.clipboardData.types.includes('text/plain')
    if (event.defaultPrevented || closed || files.length === 0 || text) return
    event.preventDefault()
    stageFiles(files.map((file) => namePasted(file, new Date())))
  }

  return (
    <div
      className={beside ? css.beside : css.zone}
      onDragEnter={(event) => hasFiles(event) && setOver(true)}
      onDragOver={(event) => {
        if (!hasFiles(event)) return
        event.preventDefault()
        event.dataTransfer.dropEffect = closed ? 'none' : 'copy'
      }}
      onDragLeave={(event) => !contains(event.currentTarget, event.relatedTarget) && setOver(false)}
      onDrop={onDrop}
      onPaste={onPaste}
    >
      {children}
      {over && (
        <div className={css.overlay} aria-hidden="true">
          <div className={css.card}>
            <FileUp />
            <strong>{closed ? 'You may not send files here' : 'Drop to add the files'}</strong>
            {!closed && (
              <span>
                They go {threadId === undefined ? `to ${room.name}` : 'into this thread'} with your next
                message.
              </span>
            )}
          </div>
        </div>
      )}
    </div>
  )
}

/** A file that misses the conversation would otherwise replace the whole page. */
function useHarmlessDrops(): void {
  useEffect(() => {
    const refuse = (event: globalThis.DragEvent): void => {
      if (event.defaultPrevented || event.dataTransfer?.types.includes('Files') !== true) return
      event.preventDefault()
      event.dataTransfer.dropEffect = 'none'
    }
    window.addEventListener('dragover', refuse)
    window.addEventListener('drop', refuse)
    return () => {
      window.removeEventListener('dragover', refuse)
      window.removeEventListener('drop', refuse)
    }
  }, [])
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer.types.includes('Files')
}

/** Folders are told apart only by their entry; without one it is a file. */
function sort(data: DataTransfer): { files: File[]; folders: number } {
  const items = [...data.items].filter((item) => item.kind === 'file')
  if (items.length === 0) return { files: [...data.files], folders: 0 }
  const plain = items.filter((item) => item.webkitGetAsEntry()?.isDirectory !== true)
  const files = plain.flatMap((item) => item.getAsFile() ?? [])
  return { files, folders: items.length - plain.length }
}

function contains(zone: Element, target: EventTarget | null): boolean {
  return target instanceof Node && zone.contains(target)
}
