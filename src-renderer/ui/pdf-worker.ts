// PDF.js's own thread, as a file of this bundle.
import 'pdfjs-dist/build/pdf.worker.min.mjs'
