import { clockSeconds } from '../clock-time.ts'
import { paneWidth, xOf, yOf } from './camera.ts'
import type { GraphEvent } from './graph-event.ts'
import { MARK } from './marks.ts'
import { opacityOf, type View } from './scene.ts'

const FONT = "'Inter Variable', system-ui, sans-serif"
const MONO = "ui-monospace, 'SFMono-Regular', 'Cascadia Mono', 'Liberation Mono', monospace"
/** Widths that were measured; forgotten when there are many. */
const cut = new Map<string, string>()
const MAX_CUT = 5_000

/** Beside the graph, for each event: what it is, who sent it, and when. */
export function drawWords(context: CanvasRenderingContext2D, view: View, first: number, last: number): void {
  const { camera, layout, model, marks, colours, extent } = view
  const start = paneWidth(camera, extent) + 10
  const room = extent.width - start - 14
  if (room < 60) return
  const size = Math.min(13, camera.rowHeight * 0.6)
  const time = room > 280 ? 84 : 0
  const sender = room > 420 ? Math.min(200, room * 0.28) : room > 200 ? room * 0.34 : 0
  const id = room > 640 ? 120 : 0
  const what = room - time - sender - id - (sender > 0 ? 12 : 0)
  context.textBaseline = 'middle'
  for (let row = first; row <= last; row++) {
    const index = layout.order[row] ?? 0
    const event = model.events[index]
    const mark = marks[index] ?? 0
    if (event === undefined || (mark & MARK.absent) !== 0) continue
    const y = yOf(camera, row)
    context.globalAlpha = opacityOf(view, index)
    context.font = `${event.stateKey === undefined ? 420 : 520} ${size}px ${FONT}`
    let x = start
    const put = (text: string, colour: string): void => {
      const left = start + what - x
      if (left < 12 || text === '') return
      const fitting = fit(context, text, left)
      context.fillStyle = colour
      context.fillText(fitting, x, y)
      x += context.measureText(fitting).width + 8
    }
    put(shortType(event.type), colours.text)
    const words = wordsOf(event, mark)
    for (const each of words) put(each.text, each.tone === 'plain' ? colours.accent : colours[each.tone])
    if (event.stateKey !== undefined && event.stateKey !== '')
      put(stateKeyWords(view, event.stateKey), colours.muted)
    if (id > 0) {
      context.font = `${size * 0.88}px ${MONO}`
      context.fillStyle = colours.faint
      context.fillText(event.id.slice(0, 12), start + what, y)
    }
    context.font = `420 ${size}px ${FONT}`
    if (sender > 0) {
      context.fillStyle = colours.muted
      context.fillText(fit(context, view.nameOf(event.sender), sender - 12), start + what + id + 12, y)
    }
    if (time > 0) {
      context.fillStyle = colours.faint
      context.textAlign = 'right'
      context.fillText(shortTime(event.originServerTs), start + room, y)
      context.textAlign = 'left'
    }
  }
  context.globalAlpha = 1
}

/** Without the prefix that all of the specification's own have. */
export const shortType = (type: string): string => type.replace(/^m\.room\./, '')

const stateKeyWords = (view: View, key: string): string => (key.startsWith('@') ? view.nameOf(key) : key)

/** What is special about an event, in words. */
export function wordsOf(
  event: GraphEvent,
  mark: number,
): { text: string; tone: 'danger' | 'warn' | 'faint' | 'plain' }[] {
  const words: { text: string; tone: 'danger' | 'warn' | 'faint' | 'plain' }[] = []
  if (event.status === 'rejected') words.push({ text: 'rejected', tone: 'danger' })
  if (event.status === 'soft-failed') words.push({ text: 'soft-failed', tone: 'warn' })
  if (event.status === 'outlier') words.push({ text: 'outlier', tone: 'faint' })
  if ((mark & MARK.extremity) !== 0) words.push({ text: 'extremity', tone: 'plain' })
  if ((mark & MARK.gap) !== 0) words.push({ text: 'gap below', tone: 'warn' })
  return words
}

const day = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})
const DAY_MS = 86_400_000
const times = new Map<number, string>()

/** To the second where it is of today, else with its day. */
export function shortTime(ts: number): string {
  const second = Math.floor(ts / 1000)
  let text = times.get(second)
  if (text === undefined) {
    if (times.size > MAX_CUT) times.clear()
    // What a server says may be no moment that there is.
    if (Math.abs(ts) >= 8.64e15) text = '–'
    else text = Math.abs(Date.now() - ts) < DAY_MS ? clockSeconds(ts) : day.format(ts)
    times.set(second, text)
  }
  return text
}

const TICK_PX = 64

/** From afar: what is special, where there is room for it, and now and then the time. */
export function drawFarWords(
  context: CanvasRenderingContext2D,
  view: View,
  first: number,
  last: number,
): void {
  const { camera, layout, model, marks, colours, extent } = view
  const start = Math.min(extent.width * 0.6, xOf(camera, Math.max(2, layout.lanes)) + 12)
  context.textBaseline = 'middle'
  context.font = `420 12px ${FONT}`
  let freeFrom = 0
  let nextTick = 20
  for (let row = first; row <= last; row++) {
    const index = layout.order[row] ?? 0
    const event = model.events[index]
    const mark = marks[index] ?? 0
    if (event === undefined || (mark & MARK.absent) !== 0) continue
    const y = yOf(camera, row)
    context.globalAlpha = opacityOf(view, index)
    const words = wordsOf(event, mark).filter(({ tone }) => tone !== 'faint')
    if (words.length > 0 && y >= freeFrom) {
      freeFrom = y + 16
      let x = start
      for (const { text, tone } of words) {
        context.fillStyle = tone === 'plain' ? colours.accent : colours[tone]
        context.fillText(text, x, y)
        x += context.measureText(text).width + 8
      }
    }
    if (y < nextTick) continue
    nextTick = y + TICK_PX
    context.globalAlpha = 1
    context.fillStyle = colours.faint
    context.textAlign = 'right'
    context.fillText(shortTime(event.originServerTs), extent.width - 14, y)
    context.textAlign = 'left'
  }
  context.globalAlpha = 1
}

/** As much of the text as the width takes, with an ellipsis. */
function fit(context: CanvasRenderingContext2D, text: string, width: number): string {
  const key = `${context.font} ${Math.round(width)} ${text}`
  const known = cut.get(key)
  if (known !== undefined) return known
  if (cut.size > MAX_CUT) cut.clear()
  // What turns the direction of writing around would do so for its neighbours.
  let fitting = text.slice(0, 300).replace(/\p{C}/gu, '')
  if (context.measureText(fitting).width > width) {
    let [low, high] = [0, fitting.length]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (context.measureText(`${fitting.slice(0, middle)}…`).width <= width) low = middle
      else high = middle - 1
    }
    fitting = low === 0 ? '' : `${fitting.slice(0, low)}…`
  }
  cut.set(key, fitting)
  return fitting
}
