import { isPdfBytes } from '../model/file-types.ts'
import { readStart } from '../model/media-bytes.ts'
import type { PdfDocument } from './pdf-library.ts'
import { useLoaded, type Loaded } from './use-loaded.ts'
import type { MediaAddress } from './use-media.ts'

const HEAD_BYTES = 1_024

/** Opens a PDF while it is shown, and closes it after. */
export function usePdf({ url, attempt }: MediaAddress): Loaded<PdfDocument> {
  return useLoaded(url, attempt, open, close)
}

async function open(url: string, signal: AbortSignal): Promise<PdfDocument> {
  const { bytes } = await readStart(url, HEAD_BYTES, signal)
  if (!isPdfBytes(bytes)) throw new Error('This is no PDF, whatever its name says.')
  const { openPdf } = await import('./pdf-library.ts')
  return await openPdf(url)
}

function close(pdf: PdfDocument): void {
  pdf.close()
}
