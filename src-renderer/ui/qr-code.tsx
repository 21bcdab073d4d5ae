import { encodeQR } from 'qr'
import { useMemo } from 'react'
import css from './qr-code.module.css'

/** Dark on light in both themes, with the quiet border that cameras need (ISO/IEC 18004). */
export function QrCode({ text, label }: { text: string; label: string }) {
  const rows = useMemo(() => encodeQR(text, 'raw', { ecc: 'medium', border: 4 }), [text])
  const path = rows
    .flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])))
    .join('')
  return (
    <svg
      className={css.code}
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      // There is no element for a drawn picture.
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <path d={path} />
    </svg>
  )
}
