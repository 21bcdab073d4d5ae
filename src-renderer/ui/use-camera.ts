import { useEffect, useRef, useState, type RefObject } from 'react'

/** Between two looks at the picture: a code that is held still for a moment is seen. */
const LOOK_MS = 150
/** Of the longer side; sharper costs time and finds no more. */
const MOST_PIXELS_A_SIDE = 800

/** Is there a chance of a camera? Browsers have them for pages of this computer and over https only. */
export function mayHaveCamera(): boolean {
  return window.isSecureContext && 'mediaDevices' in navigator
}

/**
 * Shows what the camera sees in `video`, until a QR code is in it or the component is gone. `problem` is a
 * sentence, where there is no picture.
 */
export function useCamera(onCode: (text: string) => void): {
  readonly video: RefObject<HTMLVideoElement | null>
  readonly problem: string | undefined
} {
  const video = useRef<HTMLVideoElement>(null)
  const [problem, setProblem] = useState<string>()
  const found = useRef(onCode)
  useEffect(() => {
    found.current = onCode
  })

  useEffect(() => {
    const gone = new AbortController()
    watch(video, gone.signal)
      .then((text) => text !== undefined && found.current(text))
      .catch((error: unknown) => {
        if (!gone.signal.aborted) setProblem(describeRefusal(error))
      })
    return () => gone.abort()
  }, [])

  return { video, problem }
}

/** Resolves to what the first code says; to undefined when `gone` came first. The camera is off then. */
async function watch(
  video: RefObject<HTMLVideoElement | null>,
  gone: AbortSignal,
): Promise<string | undefined> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  try {
    const { default: decodeQR } = await import('qr/decode.js')
    const element = video.current
    if (element === null) return undefined
    element.srcObject = stream
    await element.play()
    while (!gone.aborted) {
      const picture = frameOf(element)
      try {
        if (picture !== undefined) return decodeQR(picture, { timeLimit: LOOK_MS })
      } catch {
        // No code is in it yet.
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
    return undefined
  } finally {
    for (const track of stream.getTracks()) track.stop()
  }
}

function frameOf(video: HTMLVideoElement): ImageData | undefined {
  const longer = Math.max(video.videoWidth, video.videoHeight)
  if (longer === 0) return undefined
  const scale = Math.min(1, MOST_PIXELS_A_SIDE / longer)
  const [width, height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)]
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  context?.drawImage(video, 0, 0, width, height)
  return context?.getImageData(0, 0, width, height)
}

function describeRefusal(error: unknown): string {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError')
    return 'Hearth may not use the camera. Allow it in the settings of the browser or the system, and try again.'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'There is no camera here.'
  if (name === 'NotReadableError') return 'The camera is in use by another program.'
  return 'The camera could not be used.'
}
