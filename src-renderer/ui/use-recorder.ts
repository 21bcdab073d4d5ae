import { useEffect, useRef, useState } from 'react'
import { webmToOgg } from '../model/opus-container.ts'
import { toWaveform } from '../model/waveform.ts'
import type { VoiceRecording } from './voice-recorder.tsx'

export type RecorderState =
  | { readonly kind: 'asking' | 'recording' | 'finishing' }
  | { readonly kind: 'failed'; readonly problem: string }

export interface Recorder {
  readonly state: RecorderState
  readonly elapsedMs: number
  /** Loudness of the last seconds, 0 to 1, one value each 50 ms. */
  readonly levels: readonly number[]
  /** Ends the recording; undefined where nothing was recorded. */
  readonly finish: () => Promise<VoiceRecording | undefined>
}

const LEVEL_MS = 50
/** As many as the waveform draws. */
export const SHOWN_LEVELS = 90
const BITS_PER_SECOND = 32_000
const KINDS = ['audio/ogg;codecs=opus', 'audio/webm;codecs=opus', 'audio/mp4', ''] as const

interface Running {
  readonly recorder: MediaRecorder
  readonly pieces: Blob[]
  readonly stopped: Promise<void>
  readonly startedAt: number
}

/** Records from the moment it is there until `finish`, or until it is gone. */
export function useRecorder(): Recorder {
  const [state, setState] = useState<RecorderState>({ kind: 'asking' })
  const [heard, setHeard] = useState<{ count: number; levels: readonly number[] }>({ count: 0, levels: [] })
  const running = useRef<Running>(undefined)
  const release = useRef<() => void>(undefined)
  const measured = useRef<number[]>([])

  useEffect(() => {
    let gone = false
    measured.current = []
    listen()
      .then((stream) => {
        const close = (): void => stream.getTracks().forEach((track) => track.stop())
        if (gone) return close()
        running.current = record(stream)
        const stopMeasuring = measure(stream, (level) => {
          measured.current.push(level)
          setHeard({ count: measured.current.length, levels: measured.current.slice(-SHOWN_LEVELS) })
        })
        release.current = () => {
          stopMeasuring()
          close()
        }
        setState({ kind: 'recording' })
      })
      .catch((error: unknown) => {
        if (!gone) setState({ kind: 'failed', problem: describeRefusal(error) })
      })
    return () => {
      gone = true
      running.current?.recorder.stop()
      release.current?.()
      running.current = undefined
      release.current = undefined
    }
  }, [])

  async function finish(): Promise<VoiceRecording | undefined> {
    const now = running.current
    if (now === undefined) return undefined
    running.current = undefined
    const elapsed = performance.now() - now.startedAt
    setState({ kind: 'finishing' })
    now.recorder.stop()
    await now.stopped
    release.current?.()
    release.current = undefined
    const content = new Blob(now.pieces, { type: now.recorder.mimeType })
    if (content.size === 0) return undefined
    return await toRecording(content, elapsed, measured.current)
  }

  return { state, elapsedMs: heard.count * LEVEL_MS, levels: heard.levels, finish }
}

async function listen(): Promise<MediaStream> {
  // Browsers offer the microphone only to pages of this computer and over https.
  if (!window.isSecureContext) throw new DOMException('', 'SecurityError')
  return await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, noiseSuppression: true, echoCancellation: true },
  })
}

function record(stream: MediaStream): Running {
  const mimeType = KINDS.find((kind) => kind === '' || MediaRecorder.isTypeSupported(kind)) ?? ''
  const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS_PER_SECOND })
  const pieces: Blob[] = []
  recorder.addEventListener('dataavailable', (event) => pieces.push(event.data))
  const stopped = new Promise<void>((resolve) => {
    recorder.addEventListener('stop', () => resolve(), { once: true })
  })
  recorder.start(1_000)
  return { recorder, pieces, stopped, startedAt: performance.now() }
}

/** Tells the loudness (0 to 1) again and again; returns what ends it. */
function measure(stream: MediaStream, onLevel: (level: number) => void): () => void {
  const audio = new AudioContext()
  const analyser = audio.createAnalyser()
  analyser.fftSize = 2_048
  audio.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
    onLevel(Math.min(1, Math.sqrt(power) * 3))
  }, LEVEL_MS)
  return () => {
    clearInterval(timer)
    audio.close().catch((error: unknown) => console.warn('The microphone could not be let go', error))
  }
}

async function toRecording(
  content: Blob,
  elapsedMs: number,
  levels: readonly number[],
): Promise<VoiceRecording> {
  const waveform = toWaveform(levels)
  const type = (content.type.split(';', 1)[0] ?? '').toLowerCase()
  if (type === 'audio/webm') {
    const serial = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1
    const ogg = webmToOgg(new Uint8Array(await content.arrayBuffer()), serial)
    if (ogg !== undefined) {
      const file = new File([ogg.bytes], 'Voice message.ogg', { type: 'audio/ogg' })
      return { file, durationMs: ogg.durationMs, waveform }
    }
  }
  const extension = { 'audio/ogg': 'ogg', 'audio/mp4': 'm4a', 'audio/webm': 'webm' }[type] ?? 'bin'
  const file = new File([content], `Voice message.${extension}`, { type })
  return { file, durationMs: Math.round(elapsedMs), waveform }
}

function describeRefusal(error: unknown): string {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError')
    return 'Hearth may not use the microphone. Allow it in the settings of the browser or the system, and try again.'
  if (name === 'SecurityError')
    return 'The microphone can be used only where Hearth is opened on its own computer, or over https.'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'There is no microphone here.'
  if (name === 'NotReadableError') return 'The microphone is in use by another program.'
  return 'The microphone could not be used.'
}
