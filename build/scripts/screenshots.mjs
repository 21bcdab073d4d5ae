// Pictures of the main screens for README.md, in both themes, of real nodes: node build/scripts/screenshots.mjs
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled, fail, root } from './lib/bootstrap.mjs'
import { ensureBrowser } from './lib/ensure-browser.mjs'
import { ensureBuilt } from './lib/ensure-built.mjs'
import { arrived, loginUrl, roomWith, send, startPerson, stopAll } from './lib/people.mjs'

ensureInstalled()
await ensureBuilt()
const executablePath = await ensureBrowser()
if (!executablePath) fail('The screenshots need Chromium or Google Chrome.')
const { chromium } = await import('playwright')
const dir = join(root, 'build', 'screenshots')
mkdirSync(dir, { recursive: true })

const conversation = [
  [0, 'The kettle is on. Shall we go through the plan for Saturday?'],
  [1, 'Yes! I have the list from last time, give me a minute.'],
  [1, 'Tents, rope, the big pot, firewood. Who brings the lamp?'],
  [0, 'I do. And my brother lends us his trailer, so the canoe can come too.'],
  [1, 'Wonderful. By the way: the internet has been down here since noon, and I only noticed now.'],
  [0, 'Same here. Hearth did not mind.'],
]

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
try {
  const mia = await startPerson('Mia Lindqvist')
  const jonas = await startPerson('Jonas', [mia])
  const ada = await startPerson('Ada', [mia, jonas])
  const room = await roomWith(mia, ada, {
    name: 'Canoe weekend',
    topic: 'Saturday at nine, by the old boathouse',
  })
  await roomWith(mia, ada, { name: 'Workshop' })
  for (const [who, text] of conversation) {
    const [from, to] = who === 0 ? [mia, ada] : [ada, mia]
    await send(from, room, text)
    await arrived(to, room, text.slice(0, 12))
  }
  for (const theme of ['light', 'dark']) {
    const context = await browser.newContext({
      viewport: { width: 1180, height: 760 },
      deviceScaleFactor: 1.5,
      colorScheme: theme,
    })
    const page = await context.newPage()
    await page.goto(await loginUrl(mia))
    await page.getByRole('list', { name: 'Rooms' }).getByText('Canoe weekend').click()
    await page.getByText('Hearth did not mind').last().waitFor()
    await page.getByRole('list', { name: 'Nearby' }).getByText('Ada').waitFor()
    await page.getByRole('button', { name: 'Members' }).first().click()
    await page.getByRole('list', { name: 'Members' }).waitFor()
    await page.screenshot({ path: join(dir, `room-${theme}.png`) })

    const newcomer = await startPerson('', [mia, ada])
    const first = await (
      await browser.newContext({ viewport: { width: 1180, height: 760 }, colorScheme: theme })
    ).newPage()
    await first.goto(await loginUrl(newcomer))
    await first.getByLabel('Your name').waitFor()
    await first.screenshot({ path: join(dir, `first-run-${theme}.png`) })
  }
} finally {
  await browser.close()
  await stopAll()
}
