import { useId } from 'react'
import { LOUDEST, resample } from '../model/waveform.ts'
import css from './waveform.module.css'

const STEP = 4
const WIDTH = 2.5
const HEIGHT = 28

interface WaveformProps {
  /** 0 to 1024. */
  values: readonly number[]
  bars: number
  /** How much of it is played, 0 to 1. */
  share: number
}

/** Loudness over time as bars, the played ones in the accent's colour. */
export function Waveform({ values, bars, share }: WaveformProps) {
  const id = useId()
  const width = bars * STEP
  return (
    <svg
      className={css.waveform}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <clipPath id={id}>
        <rect x="0" y="0" width={width * share} height={HEIGHT} />
      </clipPath>
      <g className={css.rest}>{draw(values, bars)}</g>
      <g className={css.played} clipPath={`url(#${id})`}>
        {draw(values, bars)}
      </g>
    </svg>
  )
}

function draw(values: readonly number[], bars: number) {
  return resample(values, bars).map((value, index) => {
    const height = Math.max(3, (value / LOUDEST) * HEIGHT)
    return (
      // The place is all that a bar is.
      // oxlint-disable-next-line react/no-array-index-key
      <rect key={index} x={index * STEP} y={(HEIGHT - height) / 2} width={WIDTH} height={height} rx={1.25} />
    )
  })
}
