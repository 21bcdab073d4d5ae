import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findBrowser, launchBrowser, Person } from '../../e2e/browser.ts'
import { startHearth, type HearthProcess } from '../../harness/process/hearth.ts'
import { MatrixHttp } from '../../harness/process/matrix-http.ts'
import { MatrixUser } from '../../harness/process/matrix-user.ts'
import { freePort, repositoryRoot, scratchFolder } from '../../harness/process/scratch.ts'
import { quantile } from '../measure.ts'
import { measureGraph } from './graph.ts'
import { frameTimes, roomSwitch, watchKeys } from './page-probes.ts'

const help = `Measures the interface in a real browser, with a real node behind it; prints a table.

  --messages <n>   of the large room (default 50000)
  --screens <n>    to scroll back in it (default 500)
  --rooms <n>      of 200 messages each, to switch between (default 20)
  --graph <n>      events of the room whose graph is looked at in the inspector (default 10000)
  --only-graph     only that
`

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '50000' },
    screens: { type: 'string', default: '500' },
    rooms: { type: 'string', default: '20' },
    graph: { type: 'string', default: '10000' },
    'only-graph': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const LARGE = 'Large room'
const SWITCHES = 60
const KEYS = 200

async function main(): Promise<void> {
  const messages = Number(values.messages)
  const screens = Number(values.screens)
  const roomCount = Number(values.rooms)
  const executable = findBrowser()
  if (executable === undefined) throw new Error('There is no Chromium here')
  // What people run is the built node.
  process.env['HEARTH_HEADLESS'] = join(repositoryRoot, 'out', 'main', 'headless.js')
  const graphRows = await measureGraph(executable, Number(values.graph), say)
  if (values['only-graph']) return printTable(graphRows)
  const node = await startHearth({
    dataDir: scratchFolder('node'),
    clientListen: `127.0.0.1:${await freePort()}`,
    args: ['--no-mdns', '--no-rate-limits'],
  })
  const browser = await launchBrowser(executable)
  try {
    const person = await Person.create(browser, 'Alice')
    await person.firstRun(node)
    const token = await person.page.evaluate(() => {
      const session = JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as { accessToken?: string }
      return session.accessToken ?? ''
    })
    const alice = new MatrixUser(new MatrixHttp(node.clientUrl), `@owner:${node.serverName}`, token)
    await person.page.goto('about:blank')
    say(`writing ${messages} messages, and ${roomCount} rooms`)
    const rooms = await fill(alice, messages, roomCount)

    const rows: [label: string, goal: string, figure: string][] = []
    const { page } = person

    say('start to usable')
    await node.stop()
    const startedAt = performance.now()
    await node.start()
    await page.goto(`${node.clientUrl}/#/room/${encodeURIComponent(rooms[0]?.id ?? '')}`)
    await person.timeline.getByText(rooms[0]?.newest ?? '', { exact: true }).waitFor()
    await person.composer.waitFor()
    rows.push([
      'Node started, until a room can be read and written in',
      '',
      ms(performance.now() - startedAt),
    ])
    const again = performance.now()
    await page.reload()
    await person.timeline.getByText(rooms[0]?.newest ?? '', { exact: true }).waitFor()
    rows.push(['Window opened again, until the same', '', ms(performance.now() - again)])

    say('switching rooms')
    const switches: number[] = []
    for (let index = 0; index < SWITCHES; index++) {
      const room = rooms[(index + 1) % rooms.length]
      if (room !== undefined) switches.push(await roomSwitch(page, room.name, room.newest))
    }
    rows.push(['Room switch, p50', '', ms(quantile(switches, 0.5))])
    rows.push(['Room switch, p95', '100 ms', ms(quantile(switches, 0.95))])

    say('loading history of the large room')
    const large = rooms[0]
    if (large !== undefined) await roomSwitch(page, large.name, large.newest)
    const scrolled = await frameTimes(page, async () => await scrollUp(person, screens))
    rows.push([`Frame while scrolling back ${screens} screens, p50`, '16.7 ms', ms(quantile(scrolled, 0.5))])
    rows.push(['… p95', '', ms(quantile(scrolled, 0.95))])
    rows.push(['… p99', '', ms(quantile(scrolled, 0.99))])
    rows.push(['… longest', '', ms(Math.max(...scrolled))])
    const loaded = await page.evaluate(() => document.querySelector('[role="log"]')?.scrollHeight ?? 0)
    rows.push(['… height loaded', '', `${Math.round(loaded / 1000)}k px`])

    const memory = await page.evaluate(
      () => (performance as unknown as { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize ?? 0,
    )
    rows.push(['JavaScript heap of the window after all this', '', `${Math.round(memory / 1e6)} MB`])
    rows.push(...(await measureKeys(executable, node, alice, large)))
    rows.push(...graphRows)
    print(rows, messages, roomCount)
    if (person.faults.length > 0) throw new Error(`The page failed: ${person.faults.join('\n')}`)
    await person.close()
  } finally {
    await browser.close()
    await node.stop()
  }
}

/** In a browser that does not wait for the screen: what is measured is our work, not the screen's rhythm. */
async function measureKeys(
  executable: string,
  node: HearthProcess,
  alice: MatrixUser,
  large: FilledRoom | undefined,
): Promise<[string, string, string][]> {
  say('typing in the large room')
  const browser = await launchBrowser(executable, ['--disable-frame-rate-limit', '--disable-gpu-vsync'])
  try {
    const person = await Person.create(browser, 'Alice')
    const { login_token: token } = await alice.call<{ login_token: string }>(
      'POST',
      '/_hearth/v1/login-token',
      { body: {} },
    )
    await person.page.goto(`${node.clientUrl}/#/login?loginToken=${encodeURIComponent(token)}`)
    await person.list('Rooms').getByRole('link', { name: LARGE }).click()
    await person.timeline.getByText(large?.newest ?? '', { exact: true }).waitFor()
    await scrollUp(person, 50)
    await person.composer.click()
    const keyTimes = await watchKeys(person.page)
    for (let index = 0; index < KEYS; index++) {
      await person.page.keyboard.press('abcdefghij klmnopq'[index % 18] ?? 'a')
    }
    const keys = await keyTimes()
    return [
      ['Key press to paint, p50', '', ms(quantile(keys, 0.5))],
      ['Key press to paint, p95', '16 ms', ms(quantile(keys, 0.95))],
    ]
  } finally {
    await browser.close()
  }
}

interface FilledRoom {
  readonly id: string
  readonly name: string
  readonly newest: string
}

/** The large room first. */
async function fill(alice: MatrixUser, messages: number, roomCount: number): Promise<FilledRoom[]> {
  const rooms: FilledRoom[] = []
  for (let index = 0; index <= roomCount; index++) {
    const name = index === 0 ? LARGE : `Room ${String(index).padStart(3, '0')}`
    const id = await alice.createRoom({ name, preset: 'private_chat' })
    const count = index === 0 ? messages : 200
    // A few at a time, as one durable commit serves those that wait together.
    for (let from = 0; from < count; from += 50) {
      await Promise.all(
        Array.from({ length: Math.min(50, count - from) }, async (_, offset) => {
          await alice.say(id, sentence(from + offset))
        }),
      )
    }
    const newest = `The newest message of ${name}`
    await alice.say(id, newest)
    rooms.push({ id, name, newest })
  }
  return rooms
}

/** Of different lengths, as messages are. */
function sentence(index: number): string {
  const words = ['ember', 'and', 'warm', 'light', 'on', 'the', 'long', 'table', 'where', 'people', 'talk']
  const length = 3 + ((index * 7) % 29)
  return `${index}: ${Array.from({ length }, (_, at) => words[(index + at * 3) % words.length]).join(' ')}`
}

/** As with a wheel, one notch a frame, waiting for nothing: history has to be there in time. */
async function scrollUp(person: Person, screens: number): Promise<void> {
  const box = await person.timeline.boundingBox()
  if (box === null) throw new Error('The timeline is not shown')
  await person.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  for (let notch = 0; notch < screens * 4; notch++) await person.page.mouse.wheel(0, -box.height / 4)
}

const ms = (value: number): string => (value < 100 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`)
const say = (text: string): void => void process.stderr.write(`${text}\n`)

function print(rows: readonly (readonly string[])[], messages: number, rooms: number): void {
  printTable(rows, `${messages} messages in the large room, ${rooms} other rooms; `)
}

function printTable(rows: readonly (readonly string[])[], about = ''): void {
  const head = ['', 'goal', 'Hearth']
  const widths = head.map((word, column) =>
    Math.max(word.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const all = [line(head), line(['---', '---', '---']), ...rows.map(line)]
  process.stdout.write(
    `\n${all.join('\n')}\n${about}${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}\n`,
  )
}

if (values.help) process.stdout.write(help)
else await main()
