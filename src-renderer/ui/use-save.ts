import { useEffect, useRef, useState } from 'react'
import type { FileInfo } from '../model/files.ts'
import { readWhole } from '../model/media-bytes.ts'
import { useServices } from '../model/use-client.ts'
import { saveFile } from './save-file.ts'

export interface Saving {
  /** Undefined while nothing is being fetched. */
  readonly progress: { readonly bytes: number; readonly size: number | undefined } | undefined
  readonly save: () => void
  readonly cancel: () => void
}

/**
 * Saves a file to where the browser puts downloads (Electron asks where). From the page's own origin the
 * browser fetches it by itself, however large it is; from another one it would be opened instead, so it is
 * fetched here first.
 */
export function useSave(file: Pick<FileInfo, 'mxc' | 'name' | 'size'>): Saving {
  const { client, toast, describe } = useServices()
  const [bytes, setBytes] = useState<number>()
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])

  async function fetchAndSave(url: string): Promise<void> {
    const abort = new AbortController()
    running.current = abort
    setBytes(0)
    try {
      saveFile(file.name, await readWhole(url, setBytes, abort.signal))
    } catch (error) {
      if (!abort.signal.aborted) toast(`${file.name} could not be saved: ${describe(error)}`)
    }
    setBytes(undefined)
  }

  return {
    progress: bytes === undefined ? undefined : { bytes, size: file.size },
    save() {
      const url = file.mxc === undefined ? undefined : client.mediaUrl(file.mxc)
      if (url === undefined) toast(`${file.name} cannot be reached just now.`)
      else if (new URL(url, window.location.href).origin === window.location.origin) follow(url, file.name)
      else void fetchAndSave(url)
    },
    cancel() {
      running.current?.abort()
      setBytes(undefined)
    },
  }
}

export function follow(url: string, name: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
}
