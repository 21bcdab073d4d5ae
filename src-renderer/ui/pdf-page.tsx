import { useEffect, useRef, useState } from 'react'
import type { PdfDocument } from './pdf-library.ts'
import css from './pdf-page.module.css'

interface PdfPageProps {
  pdf: PdfDocument
  /** From 1. */
  number: number
  /** CSS pixels. */
  width: number
}

/** One page, drawn when it comes near the screen and given up when it is far away. */
export function PdfPage({ pdf, number, width }: PdfPageProps) {
  const place = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [near, setNear] = useState(false)
  // Most pages look like a sheet of paper; each says its own shape when it comes near.
  const [shape, setShape] = useState(1 / Math.SQRT2)
  const [failed, setFailed] = useState(false)

  useEffect(() => {
    const element = place.current
    if (element === null) return
    const observer = new IntersectionObserver(
      (entries) => setNear(entries.some((entry) => entry.isIntersecting)),
      { rootMargin: '600px' },
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  useEffect(() => {
    const element = canvas.current
    if (!near || element === null) return
    const stop = new AbortController()
    pdf
      .shapeOf(number)
      .then((found) => {
        if (stop.signal.aborted) return
        setShape(found)
        return pdf.draw(number, element, width, stop.signal)
      })
      .catch((error: unknown) => {
        if (stop.signal.aborted) return
        console.warn('A page could not be drawn', error)
        setFailed(true)
      })
    return () => {
      stop.abort()
      element.width = 1
      element.height = 1
    }
  }, [pdf, number, near, width])

  return (
    <div ref={place} className={css.page} style={{ width, aspectRatio: shape }}>
      <canvas ref={canvas} />
      <span className="visually-hidden">Page {number}</span>
      {failed && <p className={css.failed}>Page {number} could not be drawn.</p>}
    </div>
  )
}
