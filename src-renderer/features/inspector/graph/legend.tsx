import { useEffect, useRef } from 'react'
import { OTHER_SERVERS, readColours, SERVER_COLOURS, watchTheme } from './colours.ts'
import { PLACE_NAMES } from './describe.ts'
import { drawShape, drawTurn, type Shape } from './draw-events.ts'
import css from './graph.module.css'
import { MARK, PLACES, type Place } from './marks.ts'
import type { ServerRow } from './servers.ts'

/** Which colour is whose. */
export function ServerLegend({
  servers,
  nameOf,
}: {
  servers: readonly ServerRow[]
  nameOf: (server: string) => string
}) {
  const coloured = servers.filter(({ colour }) => colour !== undefined)
  const others = servers.length - coloured.length
  return (
    // oxlint-disable-next-line jsx-a11y/no-redundant-roles
    <ul role="list" className={css.servers} aria-label="Servers">
      {coloured.map(({ server, events, colour }) => (
        <li key={server} title={`${server}: ${events.toLocaleString()} events`}>
          <span
            className={css.swatch}
            style={{ background: SERVER_COLOURS[colour ?? 0] }}
            aria-hidden="true"
          />
          <span className={css.serverName}>{nameOf(server)}</span>
          <span className={css.count}>{events.toLocaleString()}</span>
        </li>
      ))}
      {others > 0 && (
        <li>
          <span className={css.swatch} style={{ background: OTHER_SERVERS }} aria-hidden="true" />
          {others === 1 ? '1 other' : `${others} others`}
        </li>
      )}
    </ul>
  )
}

/** What each mark means, how many there are, and a way to the next one. */
export function Places({
  places,
  onGo,
}: {
  places: ReadonlyMap<Place, readonly number[]>
  onGo: (place: Place) => void
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-redundant-roles
    <ul role="list" className={css.places} aria-label="Places to go to">
      {PLACES.map((place) => {
        const count = places.get(place)?.length ?? 0
        const { one, many, explain } = PLACE_NAMES[place]
        return (
          <li key={place}>
            <button
              type="button"
              className={css.place}
              title={explain}
              disabled={count === 0}
              onClick={() => onGo(place)}
            >
              <MarkPicture place={place} />
              {count === 1 ? one : many} <span className={css.count}>{count.toLocaleString()}</span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}

const SIZE = 20

/** A mark as the graph draws it. */
function MarkPicture({ place }: { place: Place }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const draw = (): void => {
      if (canvas.current !== null) drawMark(canvas.current, place)
    }
    draw()
    return watchTheme(draw)
  }, [place])
  return <canvas ref={canvas} className={css.mark} aria-hidden="true" />
}

function drawMark(canvas: HTMLCanvasElement, place: Place): void {
  canvas.width = SIZE * devicePixelRatio
  canvas.height = SIZE * devicePixelRatio
  const context = canvas.getContext('2d')
  if (context === null) return
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
  const colours = readColours(canvas.parentElement ?? document.body)
  const middle = SIZE / 2
  const kind: Shape['kind'] =
    place === 'rejected' || place === 'soft-failed' || place === 'outlier' ? place : 'message'
  const shape = { x: middle, y: middle, radius: 5.5, kind, colour: colours.muted, ...colours }
  if (place === 'gap') {
    context.strokeStyle = colours.warn
    context.fillStyle = colours.background
    context.lineWidth = 1.5
    context.setLineDash([2, 2])
    context.beginPath()
    context.moveTo(middle - 3, middle - 4)
    context.lineTo(middle + 4, middle + 5)
    context.stroke()
    context.setLineDash([])
    context.beginPath()
    context.arc(middle + 4, middle + 5, 2.6, 0, 2 * Math.PI)
    context.fill()
    context.stroke()
    drawShape(context, { ...shape, x: middle - 3, y: middle - 4, radius: 3.5 })
    return
  }
  drawShape(context, place === 'extremity' ? { ...shape, radius: 4.5 } : shape)
  if (place === 'fork' || place === 'merge')
    drawTurn(context, colours.background, middle, middle, MARK[place])
  if (place !== 'extremity') return
  context.beginPath()
  context.arc(middle, middle, 8, 0, 2 * Math.PI)
  context.strokeStyle = colours.accent
  context.lineWidth = 2
  context.stroke()
}
