import { decode, isBlurhashValid } from 'blurhash'
import { useLayoutEffect, useRef } from 'react'

const SIDE = 32
/** A blurhash of nine by nine parts, the largest there is, has 166 characters. */
const LONGEST = 166

/** The colours of a picture that is still on its way, stretched over the place where it will be. */
export function Blurhash({ hash, className }: { hash: string; className?: string | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const valid = hash.length <= LONGEST && isBlurhashValid(hash).result
  useLayoutEffect(() => {
    const context = valid ? canvas.current?.getContext('2d') : undefined
    if (context === undefined || context === null) return
    const pixels = context.createImageData(SIDE, SIDE)
    pixels.data.set(decode(hash, SIDE, SIDE))
    context.putImageData(pixels, 0, 0)
  }, [hash, valid])
  if (!valid) return null
  return <canvas ref={canvas} className={className} width={SIDE} height={SIDE} aria-hidden="true" />
}
