import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright'
import type { RoomId, ServerName } from '../../../src-main/core/types.ts'
import { launchBrowser, Person } from '../../e2e/browser.ts'
import { startHearth } from '../../harness/process/hearth.ts'
import { MatrixHttp } from '../../harness/process/matrix-http.ts'
import { MatrixUser } from '../../harness/process/matrix-user.ts'
import { freePort, scratchFolder } from '../../harness/process/scratch.ts'
import { quantile } from '../measure.ts'
import { longestStall, stallProbe } from '../stalls.ts'
import { fillGraph } from './fill-graph.ts'
import { frameTimes } from './page-probes.ts'

type Row = [label: string, goal: string, figure: string]

const LIVE_EVENTS = 60
const LIVE_EVERY_MS = 150

/** The graph of a large room in the inspector: how long it takes to be there, and frames while it is used. */
export async function measureGraph(
  executable: string,
  events: number,
  say: (text: string) => void,
): Promise<Row[]> {
  const dataDir = scratchFolder('graph')
  const node = await startHearth({
    dataDir,
    clientListen: `127.0.0.1:${await freePort()}`,
    args: ['--no-mdns', '--no-rate-limits'],
    env: stallProbe(),
  })
  const browser = await launchBrowser(executable)
  try {
    const person = await Person.create(browser, 'Alice')
    const { page } = person
    await person.firstRun(node)
    const token = await page.evaluate(
      () =>
        (JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as { accessToken?: string })
          .accessToken ?? '',
    )
    await person.createRoom('Harbour')
    const { roomId } = person
    await page.goto('about:blank')
    await node.stop()
    say(`writing a graph of ${events} events`)
    fillGraph(dataDir, node.serverName as ServerName, roomId as RoomId, events)
    await node.start()
    const alice = new MatrixUser(new MatrixHttp(node.clientUrl), `@owner:${node.serverName}`, token)

    say('loading the graph')
    await page.goto(`${node.clientUrl}/#/inspector/graph`)
    const room = page.getByRole('grid', { name: 'Rooms' }).getByText('Harbour')
    await room.waitFor()
    const graph = page.getByRole('application')
    const clicked = performance.now()
    const wallClock = Date.now()
    await room.click()
    await graph.waitFor()
    const rows: Row[] = [[`Graph of ${events} events: first picture`, '', ms(performance.now() - clicked)]]
    await graph.focus()
    const loading = await measured(page, async () => await loadAll(page, events))
    rows.push(['… all of them loaded and laid out', '', ms(performance.now() - clicked)])
    rows.push(['… longest stall of the node meanwhile', '50 ms', longestStall(node, wallClock)])
    rows.push(...frames('… frame while loading', loading))

    const box = await graph.boundingBox()
    if (box === null) throw new Error('The graph is not shown')
    const [x, y] = [box.x + box.width / 3, box.y + box.height / 2]
    await page.mouse.move(x, y)
    say('panning, zooming and dragging')
    rows.push(
      ...frames('Graph: frame while panning', await measured(page, async () => await wheel(page, 300))),
    )
    const zoomed = await measured(page, async () => {
      await page.keyboard.down('Control')
      for (let notch = 0; notch < 160; notch++) await page.mouse.wheel(0, notch % 80 < 40 ? 24 : -24)
      await page.keyboard.up('Control')
    })
    rows.push(...frames('Graph: frame while zooming', zoomed))
    for (let step = 0; step < 12; step++) await page.keyboard.press('-')
    const afar = await measured(page, async () => {
      for (let round = 0; round < 8; round++) {
        await page.mouse.move(x, box.y + box.height - 20)
        await page.mouse.down()
        await page.mouse.move(x, box.y + 20, { steps: 25 })
        await page.mouse.up()
      }
    })
    rows.push(...frames('Graph: frame while dragging from afar', afar))

    say('panning while events arrive')
    for (let step = 0; step < 12; step++) await page.keyboard.press('+')
    const live = await measured(page, async () => {
      let arriving = true
      const arrive = async (): Promise<void> => {
        for (let index = 0; index < LIVE_EVENTS; index++) {
          await alice.say(roomId, `live ${index}`)
          await delay(LIVE_EVERY_MS)
        }
        arriving = false
      }
      const arrived = arrive()
      for (let notch = 0; arriving; notch++) {
        await page.mouse.wheel(0, notch % 60 < 30 ? 120 : -120)
      }
      await arrived
    })
    rows.push(...frames(`Graph: frame while panning and ${LIVE_EVENTS} events arrive`, live))
    if (person.faults.length > 0) throw new Error(`The page failed: ${person.faults.join('\n')}`)
    await person.close()
    return rows
  } finally {
    await browser.close()
    await node.stop()
  }
}

/** Down to the oldest event, again and again while more are loaded. */
async function loadAll(page: Page, events: number): Promise<void> {
  const loaded = page.getByText(/^[\d,.]+ events$/)
  const deadline = performance.now() + 120_000
  for (;;) {
    await page.keyboard.press('End')
    await delay(50)
    const count = Number((await loaded.allInnerTexts())[0]?.replace(/\D/g, '') ?? 0)
    if (count >= events) return
    if (performance.now() > deadline) throw new Error('The graph was not loaded')
  }
}

async function wheel(page: Page, notches: number): Promise<void> {
  for (let notch = 0; notch < notches; notch++) await page.mouse.wheel(0, notch % 100 < 50 ? -160 : 160)
}

const frames = (label: string, { times, computing }: Frames): Row[] => [
  [`${label}, p50`, '16.7 ms', ms(quantile(times, 0.5))],
  ['… p95', '', ms(quantile(times, 0.95))],
  ['… p99', '', ms(quantile(times, 0.99))],
  ['… longest', '', ms(Math.max(...times))],
  ['… computing for one, on average', '', ms(computing / times.length)],
]

interface Frames {
  readonly times: readonly number[]
  /** Milliseconds of the processor that the page's thread took, whatever else the machine did. */
  readonly computing: number
}

async function measured(page: Page, act: () => Promise<void>): Promise<Frames> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const taken = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics')
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0)
  }
  const before = await taken()
  const times = await frameTimes(page, act)
  const computing = (await taken()) - before
  await session.detach()
  return { times, computing }
}

const ms = (value: number): string => (value < 100 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`)
