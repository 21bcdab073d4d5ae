/** Somebody watches in the inspector what their node does, narrows it down, and opens an operation. */
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { findBrowser, launchBrowser, Person } from './browser.ts'

const executable = findBrowser()

describe.skipIf(executable === undefined)('activity in the inspector', () => {
  let browser: Browser
  let node: HearthProcess

  beforeAll(async () => {
    ;[browser, node] = await Promise.all([
      launchBrowser(executable ?? ''),
      startHearth({ label: 'node', args: ['--no-mdns'] }),
    ])
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await node?.kill()
  })

  test('follows the node over a restart of it; filters stand in the address; keys open a tree', async () => {
    const person = await Person.create(browser, 'Mia')
    const { page } = person
    await person.firstRun(node)
    await page.getByRole('button', { name: 'Inspector' }).click()
    await page.getByRole('link', { name: 'Activity' }).click()
    const list = page.getByRole('tree', { name: 'Operations, the newest first' })
    const call = async (method: string, path: string, body: object): Promise<{ room_id: string }> =>
      await page.evaluate(
        async ([verb, to, content]) => {
          const session = JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as {
            accessToken: string
          }
          const headers = { authorization: `Bearer ${session.accessToken}` }
          const answer = await fetch(to ?? '', { method: verb ?? '', headers, body: content ?? '' })
          return (await answer.json()) as { room_id: string }
        },
        [method, `/_matrix/client/v3/${path}`, JSON.stringify(body)],
      )
    const { room_id: room } = await call('POST', 'createRoom', { name: 'Kitchen' })
    await list.getByText('makes a room').waitFor()
    const write = async (text: string): Promise<void> => {
      await call('PUT', `rooms/${encodeURIComponent(room)}/send/m.room.message/${text}`, {
        msgtype: 'm.text',
        body: text,
      })
    }
    await write('one')
    await list.getByText('writes a message').waitFor()

    await node.stop()
    await page.getByText('What happens meanwhile is shown when it is back').waitFor()
    await node.start()
    await write('two')
    await expect.poll(() => list.getByText('writes a message').count(), { timeout: 20_000 }).toBe(2)

    await page.getByLabel('Kind').selectOption('Sending')
    await expect.poll(() => list.getByText('makes a room').count()).toBe(0)
    expect(decodeURIComponent(page.url())).toContain('activity?label=send+event,')
    await page.getByLabel('Room', { exact: true }).selectOption('Kitchen')
    await expect.poll(() => list.getByRole('treeitem').count()).toBe(2)

    await list.getByRole('treeitem').first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    const panel = page.getByRole('complementary', { name: 'Operation' })
    await panel.getByRole('tree').getByText('signed').waitFor()
    await panel.getByRole('treeitem').first().focus()
    await page.keyboard.press('ArrowLeft')
    await expect.poll(() => panel.getByText('signed').count()).toBe(0)
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'Show everything' }).click()
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.getByRole('button', { name: 'Stop recording' }).waitFor()
    expect(person.faults).toEqual([])
  }, 90_000)
})
