/**
 * PDF.js behind three functions. Imported only when a PDF is opened: a chunk of its own, with its worker as a
 * file of the bundle, because the Content-Security-Policy allows no other. Nothing in a PDF runs here: scripts,
 * forms and links are left out, and pages are drawn as pictures.
 */
import { AnnotationMode, getDocument, PasswordException, PDFWorker } from 'pdfjs-dist'

/** Larger pictures within a page are left out. */
const MOST_IMAGE_PIXELS = 64_000_000
/** A page's canvas, at four bytes a pixel. */
const MOST_CANVAS_PIXELS = 16_000_000

export interface PdfDocument {
  readonly pages: number
  /** Width divided by height of a page, from 1. */
  readonly shapeOf: (page: number) => Promise<number>
  /** Draws a page to fill so many CSS pixels in width. `stop` ends it early. */
  readonly draw: (page: number, canvas: HTMLCanvasElement, width: number, stop: AbortSignal) => Promise<void>
  readonly close: () => void
}

/** Reads only what is drawn, by Range. Rejects with a sentence. */
export async function openPdf(url: string): Promise<PdfDocument> {
  const thread = new Worker(new URL('./pdf-worker.ts', import.meta.url), { type: 'module' })
  const worker = PDFWorker.create({ port: thread })
  const task = getDocument({
    url,
    worker,
    BinaryDataFactory: BundledData,
    useWorkerFetch: false,
    cMapUrl: 'cmaps/',
    standardFontDataUrl: 'fonts/',
    wasmUrl: 'wasm/',
    useSystemFonts: false,
    enableXfa: false,
    disableAutoFetch: true,
    maxImageSize: MOST_IMAGE_PIXELS,
    verbosity: 0,
  })
  const close = (): void => {
    task
      .destroy()
      .catch((error: unknown) => console.warn('A PDF could not be closed', error))
      .finally(() => thread.terminate())
  }
  try {
    const pdf = await task.promise
    return {
      pages: pdf.numPages,
      async shapeOf(number) {
        const { width, height } = (await pdf.getPage(number)).getViewport({ scale: 1 })
        return height > 0 && width > 0 ? width / height : 1
      },
      async draw(number, canvas, width, stop) {
        const page = await pdf.getPage(number)
        const natural = page.getViewport({ scale: 1 })
        const wanted = (width / natural.width) * window.devicePixelRatio
        const most = Math.sqrt(MOST_CANVAS_PIXELS / (natural.width * natural.height))
        const viewport = page.getViewport({ scale: Math.min(wanted, most) })
        if (stop.aborted) return
        canvas.width = Math.max(1, Math.floor(viewport.width))
        canvas.height = Math.max(1, Math.floor(viewport.height))
        const drawing = page.render({ canvas, viewport, annotationMode: AnnotationMode.ENABLE })
        stop.addEventListener('abort', () => drawing.cancel(), { once: true })
        await drawing.promise.catch((error: unknown) => {
          if (!stop.aborted) throw error
        })
      },
      close,
    }
  } catch (error) {
    close()
    throw new Error(
      error instanceof PasswordException
        ? 'This PDF is locked with a password. Save it to open it elsewhere.'
        : 'This PDF could not be read. It may be damaged, or the computer that has it is off.',
      { cause: error },
    )
  }
}

const cmaps = import.meta.glob<string>('../../node_modules/pdfjs-dist/cmaps/*.bcmap', {
  eager: true,
  query: '?url',
  import: 'default',
})
const fonts = import.meta.glob<string>('../../node_modules/pdfjs-dist/standard_fonts/*.{pfb,ttf}', {
  eager: true,
  query: '?url',
  import: 'default',
})
const wasm = import.meta.glob<string>('../../node_modules/pdfjs-dist/wasm/{jbig2,openjpeg,qcms_bg}.wasm', {
  eager: true,
  query: '?url',
  import: 'default',
})

/** Tables, fonts and decoders that a PDF may need, from the bundle, where their names carry a hash. */
class BundledData {
  async fetch({ filename }: { filename: string }): Promise<Uint8Array> {
    const found = Object.entries({ ...cmaps, ...fonts, ...wasm }).find(([path]) =>
      path.endsWith(`/${filename}`),
    )
    if (found === undefined) throw new Error(`There is no ${filename} for PDFs`)
    const response = await fetch(found[1])
    if (!response.ok) throw new Error(`${filename} could not be loaded`)
    return new Uint8Array(await response.arrayBuffer())
  }
}
