// Pictures of the main screens, in both themes, of real nodes: node build/scripts/screenshots.mjs [dir]
// All go to `dir` (test-results/screenshots), those of README.md to build/screenshots as well.
import { copyFileSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ensureInstalled, fail, root } from './lib/bootstrap.mjs'
import { ensureBrowser } from './lib/ensure-browser.mjs'
import { ensureBuilt } from './lib/ensure-built.mjs'
import { loginUrl, roomWith, send, startPerson, stopAll } from './lib/people.mjs'
import { neighbourhood, planWeekend } from './lib/scene.mjs'

ensureInstalled()
await ensureBuilt()
const executablePath = await ensureBrowser()
if (!executablePath) fail('The screenshots need Chromium or Google Chrome.')
const { chromium } = await import('playwright')
const dir = resolve(process.argv[2] ?? join(root, 'test-results', 'screenshots'))
const kept = join(root, 'build', 'screenshots')
const inReadme = new Set(['room', 'thread', 'first-run', 'graph'])
for (const each of [dir, kept]) mkdirSync(each, { recursive: true })

const WIDE = { width: 1440, height: 880 }
const NARROW = { width: 400, height: 780 }

async function open(browser, url, colorScheme, viewport = WIDE) {
  const context = await browser.newContext({ viewport, deviceScaleFactor: 1.5, colorScheme })
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  await page.goto(url)
  return page
}

async function save(page, name, theme) {
  const file = `${name}-${theme}.png`
  await page.screenshot({ path: join(dir, file) })
  if (inReadme.has(name)) copyFileSync(join(dir, file), join(kept, file))
}

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
try {
  const mia = await startPerson('Mia Lindqvist')
  const jonas = await startPerson('Jonas', [mia])
  const ada = await startPerson('Ada', [mia, jonas])
  await planWeekend(mia, ada)
  const workshop = await roomWith(mia, ada, { name: 'Workshop' })
  await send(ada, workshop, 'The saw is sharp again.')
  const direct = await roomWith(jonas, mia, { is_direct: true, preset: 'trusted_private_chat' })
  await mia.api('PUT', `/_matrix/client/v3/user/${encodeURIComponent(mia.userId)}/account_data/m.direct`, {
    [jonas.userId]: [direct],
  })
  await neighbourhood(mia, jonas)
  await send(jonas, direct, 'Is there still a place in the canoe?')

  for (const theme of ['light', 'dark']) {
    const shoot = (page, name) => save(page, name, theme)
    const page = await open(browser, await loginUrl(mia), theme)
    const button = (name) => page.getByRole('button', { name, exact: true })
    await page.getByRole('list', { name: 'Rooms' }).getByText('Canoe weekend').click()
    const log = page.getByRole('log').first()
    await log.getByText('Hearth did not mind').waitFor()
    await page.getByRole('list', { name: 'Nearby' }).getByText('Ada').waitFor()
    await log.getByText('Hearth did not mind').hover()
    await shoot(page, 'room')

    await log.getByText('What shall we cook?').scrollIntoViewIfNeeded()
    await shoot(page, 'poll')
    await log.getByText('This is where we put').scrollIntoViewIfNeeded()
    await shoot(page, 'picture')
    await log.getByRole('button', { name: /3 replies/ }).click()
    await page.getByText('He will find a way').last().waitFor()
    await shoot(page, 'thread')
    await log
      .getByRole('img', { name: /lake|canoes/ })
      .first()
      .click()
    await page.getByRole('dialog').waitFor()
    await shoot(page, 'lightbox')
    await page.keyboard.press('Escape')
    for (const [name, shot, wait] of [
      ['Threads', 'threads', 'canoes in'],
      ['Files', 'files', undefined],
      ['Members', 'members', 'Ada'],
    ]) {
      await button(name).first().click()
      if (wait !== undefined) await page.getByText(wait).last().waitFor()
      await shoot(page, shot)
    }
    await page.getByRole('list', { name: 'Members' }).getByRole('button', { name: 'Ada' }).click()
    await page.getByRole('complementary', { name: 'Person' }).getByText('Role here').waitFor()
    await shoot(page, 'person')
    await button('More').click()
    await page.getByRole('menuitem', { name: 'Room settings' }).click()
    const roomSettings = page.getByRole('dialog', { name: 'Room settings' })
    for (const [part, shot] of [
      ['Access', 'room-access'],
      ['Roles', 'room-roles'],
      ['Permissions', 'room-permissions'],
    ]) {
      await roomSettings.getByRole('tab', { name: part }).click()
      await shoot(page, shot)
    }
    await page.keyboard.press('Escape')
    await button('Search').first().click()
    await page.getByRole('searchbox', { name: 'Search messages' }).fill('canoe')
    await page.getByRole('list', { name: 'Found messages' }).waitFor()
    await shoot(page, 'search')
    const composer = page.getByRole('textbox', { name: 'Message', exact: true }).first()
    await composer.fill('Hello @')
    await page.getByRole('listbox').waitFor()
    await shoot(page, 'mention')
    await composer.fill('')
    await button('Emoji').first().click()
    await page.getByRole('searchbox', { name: 'Search emoji' }).waitFor()
    await shoot(page, 'emoji')
    await page.keyboard.press('Escape')
    await button('Browse Neighbourhood').click()
    await page.getByRole('list', { name: 'Rooms of Neighbourhood' }).waitFor()
    await shoot(page, 'space')
    await button('Find rooms').first().click()
    await page.getByLabel('Whose rooms').selectOption({ value: jonas.ready.server_name })
    await page.getByRole('list', { name: 'Rooms found' }).waitFor()
    await shoot(page, 'find')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Settings', exact: true }).click()
    await page.getByRole('dialog').waitFor()
    await shoot(page, 'settings')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Inspector', exact: true }).click()
    const views = page.getByRole('navigation', { name: 'Views' })
    await views.getByRole('link', { name: 'Room graph' }).click()
    await page.getByRole('grid', { name: 'Rooms' }).getByText('Canoe weekend').click()
    const graph = page.getByRole('application', { name: 'Event graph of Canoe weekend' })
    await graph.waitFor()
    await graph.press('ArrowDown')
    await shoot(page, 'graph')
    await graph.press('Enter')
    await page.getByRole('complementary', { name: 'Event' }).getByRole('article').waitFor()
    await shoot(page, 'graph-event')
    for (const [view, shot] of [
      ['Activity', 'activity'],
      ['Peers', 'peers'],
      ['Transactions', 'transactions'],
      ['Queues', 'queues'],
      ['Why?', 'why'],
      ['Path of a message', 'path'],
      ['Tester', 'tester'],
    ]) {
      await views.getByRole('link', { name: view }).click()
      await page.waitForLoadState('networkidle', { timeout: 1_500 }).catch(() => undefined)
      await shoot(page, shot)
    }
    await page.close()

    const small = await open(browser, await loginUrl(mia), theme, NARROW)
    await small.getByRole('list', { name: 'Rooms' }).getByText('Canoe weekend').waitFor()
    await small.screenshot({ path: join(dir, `narrow-list-${theme}.png`) })
    await small.getByRole('list', { name: 'Rooms' }).getByText('Canoe weekend').click()
    await small.getByRole('log').getByText('Hearth did not mind').waitFor()
    await small.screenshot({ path: join(dir, `narrow-room-${theme}.png`) })
    await small.close()
  }

  // Last, as a newcomer appears in everybody's list of who is nearby.
  for (const theme of ['light', 'dark']) {
    const newcomer = await startPerson('', [mia, ada])
    const page = await open(browser, await loginUrl(newcomer), theme)
    await page.getByLabel('Your name').waitFor()
    await save(page, 'first-run', theme)
    await page.close()
  }
  console.log(`written to ${dir}`)
} finally {
  await browser.close()
  await stopAll()
}
