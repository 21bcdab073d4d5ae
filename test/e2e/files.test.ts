import { readFileSync } from 'node:fs'
import type { Locator, Page } from 'playwright'
import { beforeAll, describe, expect, test } from 'vitest'
import { findBrowser, type Person } from './browser.ts'
import { meetInRoom, usePeople } from './people.ts'
import { pdfFile, pngFile, textFile, wavFile, type SampleFile } from './sample-files.ts'

const executable = findBrowser()
/** A microphone that beeps, and nobody to ask whether it may be used. */
const FAKE_MICROPHONE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']

/** The files of a drop or a paste, made in the page. */
async function transferOf(page: Page, files: readonly SampleFile[]) {
  return await page.evaluateHandle(
    (given) => {
      const data = new DataTransfer()
      for (const { name, type, base64 } of given) {
        const bytes = Uint8Array.from(atob(base64), (char) => char.codePointAt(0) ?? 0)
        data.items.add(new File([bytes], name, { type }))
      }
      return data
    },
    files.map(({ name, mimeType, buffer }) => ({ name, type: mimeType, base64: buffer.toString('base64') })),
  )
}

/** Sends a message whose fields the app itself would never write so. */
async function sendRaw(page: Page, file: SampleFile, content: Record<string, unknown>): Promise<void> {
  const status = await page.evaluate(
    async ({ base64, type, fields }) => {
      const session = JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as { accessToken: string }
      const headers = { authorization: `Bearer ${session.accessToken}` }
      const uploaded = await fetch('/_matrix/media/v3/upload', {
        method: 'POST',
        headers: { ...headers, 'content-type': type },
        body: Uint8Array.from(atob(base64), (char) => char.codePointAt(0) ?? 0),
      })
      const { content_uri: url } = (await uploaded.json()) as { content_uri: string }
      const room = location.hash.split('/')[2] ?? ''
      const path = `/_matrix/client/v3/rooms/${room}/send/m.room.message/${crypto.randomUUID()}`
      const sent = await fetch(path, { method: 'PUT', headers, body: JSON.stringify({ ...fields, url }) })
      return sent.status
    },
    { base64: file.buffer.toString('base64'), type: file.mimeType, fields: content },
  )
  expect(status).toBe(200)
}

/** The picture has arrived, and not only its place. */
async function isDrawn(picture: Locator): Promise<void> {
  await picture.locator('img[data-shown]').waitFor()
  const width = await picture.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)
  expect(width).toBeGreaterThan(0)
}

describe.skipIf(executable === undefined)('files between two people', { timeout: 60_000 }, () => {
  const people = usePeople({ nodeArgs: ['--max-upload-size', '2M'], browserArgs: FAKE_MICROPHONE })
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    ;({ alice, bob } = people())
    await meetInRoom(people(), 'Album')
  }, 60_000)

  const attach = async (person: Person, files: SampleFile[]): Promise<Locator> => {
    await person.page.getByLabel('Files to attach').setInputFiles(files)
    const staged = person.page.getByRole('region', { name: 'Files to send' })
    await staged.waitFor()
    return staged
  }
  const send = async (person: Person): Promise<void> => {
    await person.page.getByRole('button', { name: 'Send', exact: true }).click()
  }
  const picture = (person: Person, name: string): Locator =>
    person.timeline.getByRole('button', { name: `Open picture ${name}` })
  const card = (person: Person, name: string): Locator =>
    person.timeline.getByRole('figure', { name: `File ${name}` })

  test('a picture is chosen, sent with words, seen small by the other, and opened large', async () => {
    await attach(alice, [pngFile('lake.png', 900, 600)])
    await alice.composer.fill('The lake at dusk')
    await send(alice)
    await isDrawn(picture(bob, 'lake.png'))
    await bob.sees('The lake at dusk')
    await isDrawn(picture(alice, 'lake.png'))

    await picture(bob, 'lake.png').click()
    const large = bob.page.getByRole('dialog', { name: 'lake.png' })
    await large.getByText(/^Alice · /).waitFor()
    await large.getByText('The lake at dusk').waitFor()
    const original = large.getByRole('img', { name: 'The lake at dusk' })
    await original.waitFor()
    await expect
      .poll(async () => await original.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBe(900)
    await bob.page.keyboard.press('Escape')
    await large.waitFor({ state: 'detached' })
  })

  test('several files are dropped, put in order, one is taken out, and the rest is sent', async () => {
    const files = ['one', 'two', 'three'].map((name) => pngFile(`${name}.png`, 60, 40))
    const data = await transferOf(alice.page, files)
    await alice.timeline.dispatchEvent('dragenter', { dataTransfer: data })
    await alice.page.getByText('Drop to add the files').waitFor()
    await alice.timeline.dispatchEvent('drop', { dataTransfer: data })
    await alice.page.getByText('Drop to add the files').waitFor({ state: 'detached' })
    const staged = alice.page.getByRole('region', { name: 'Files to send' })
    await staged.getByText('3 files').waitFor()
    await staged.getByRole('listitem').last().hover()
    await staged.getByRole('button', { name: 'Move three.png forward' }).click()
    await staged.getByRole('button', { name: 'Remove two.png' }).click()
    await send(alice)
    await isDrawn(picture(bob, 'one.png'))
    await isDrawn(picture(bob, 'three.png'))
    expect(await picture(bob, 'two.png').count()).toBe(0)
  })

  test('a picture is pasted', async () => {
    const data = await transferOf(alice.page, [pngFile('image.png', 80, 80)])
    await alice.composer.evaluate(
      (field, clipboardData) =>
        field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })),
      data,
    )
    await alice.page
      .getByRole('region', { name: 'Files to send' })
      .getByText(/^Picture /)
      .waitFor()
    await send(alice)
    await isDrawn(bob.timeline.getByRole('button', { name: /^Open picture Picture \d{4}-/ }))
  })

  test('in the large view the arrows lead through all pictures', async () => {
    await picture(bob, 'three.png').click()
    await bob.page.getByRole('dialog', { name: 'three.png' }).waitFor()
    await bob.page.keyboard.press('ArrowLeft')
    await bob.page.getByRole('dialog', { name: 'one.png' }).waitFor()
    await bob.page.keyboard.press('ArrowLeft')
    const first = bob.page.getByRole('dialog', { name: 'lake.png' })
    await first.getByText('1 of 4').waitFor()
    await first.getByRole('button', { name: 'Close' }).click()
  })

  test('a voice message is recorded, listened to, sent, and played by the other', async () => {
    await alice.page.getByRole('button', { name: 'Record a voice message' }).click()
    const recorder = alice.page.getByRole('region', { name: 'Voice message' })
    await recorder.getByText('0:02').waitFor()
    await recorder.getByRole('button', { name: /^Stop/ }).click()
    await recorder.getByRole('button', { name: 'Play recording' }).waitFor()
    await recorder.getByRole('button', { name: 'Send voice message' }).click()

    const voice = bob.timeline.getByRole('figure', { name: 'voice message from Alice' })
    await voice.waitFor()
    await voice.getByRole('button', { name: /^Play/ }).click()
    const sound = voice.locator('audio')
    await expect
      .poll(async () => await sound.evaluate((audio: HTMLAudioElement) => audio.currentTime))
      .toBeGreaterThan(0)
    // A recording as a browser writes it has no length: then nobody could seek in it.
    const seconds = await sound.evaluate((audio: HTMLAudioElement) => audio.duration)
    expect(seconds).toBeGreaterThan(1.5)
    expect(seconds).toBeLessThan(20)
    // To the end, where it stands ready for the next time.
    const position = voice.getByRole('slider', { name: 'Position' })
    for (let step = 0; step < seconds; step += 5) await position.press('ArrowRight')
    await voice.getByRole('button', { name: /^Play/ }).waitFor()
  })

  test('a PDF shows its first page, and all of its pages', async () => {
    await attach(alice, [pdfFile('plan.pdf', 3)])
    await send(alice)
    const plan = card(bob, 'plan.pdf')
    await plan.getByRole('button', { name: 'Show the first page' }).click()
    await plan.getByText('3 pages').waitFor()
    await expect
      .poll(
        async () =>
          await plan.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
            const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
            return pixels.filter((value, index) => index % 4 === 0 && value < 80).length > 1_000
          }),
      )
      .toBe(true)
    await plan.getByRole('button', { name: 'Open', exact: true }).click()
    const all = bob.page.getByRole('dialog', { name: 'plan.pdf' })
    await all.getByText('Page 3').waitFor({ state: 'attached' })
    await bob.page.keyboard.press('Escape')
    await all.waitFor({ state: 'detached' })
  })

  test('text and tables are read in place, and saved as they were', async () => {
    await attach(alice, [
      textFile('notes.txt', 'text/plain', 'Bring <b>rope</b>'),
      textFile('list.csv', 'text/csv', 'what;how many\nTents;3\n'),
    ])
    await send(alice)
    await card(bob, 'list.csv').waitFor()
    await card(bob, 'notes.txt').getByRole('button', { name: 'Show the text' }).click()
    await card(bob, 'notes.txt').getByText('Bring <b>rope</b>').waitFor()
    await card(bob, 'list.csv').getByRole('button', { name: 'Show the text' }).click()
    await card(bob, 'list.csv').getByRole('cell', { name: 'Tents' }).waitFor()

    const download = bob.page.waitForEvent('download')
    await card(bob, 'notes.txt').getByRole('button', { name: 'Save' }).click()
    const saved = await download
    expect(saved.suggestedFilename()).toBe('notes.txt')
    expect(readFileSync(await saved.path(), 'utf8')).toBe('Bring <b>rope</b>')
  })

  test('what could run is never shown, whatever it says that it is', async () => {
    const script =
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
    await attach(alice, [
      textFile('page.html', 'text/html', '<h1>Hello</h1>'),
      textFile('drawing.svg', 'image/svg+xml', script),
    ])
    await send(alice)
    await sendRaw(alice.page, textFile('liar.png', 'image/svg+xml', script), {
      msgtype: 'm.image',
      body: 'liar.png',
      info: { mimetype: 'image/png', w: 90, h: 90 },
    })
    await sendRaw(alice.page, textFile('liar.txt', 'text/plain', 'Hello'), {
      msgtype: 'm.file',
      body: 'liar.html',
      info: { mimetype: 'text/plain' },
    })
    for (const name of ['page.html', 'drawing.svg', 'liar.html', 'liar.png']) {
      const shown = card(bob, name)
      await shown.getByRole('button', { name: 'Save' }).waitFor()
      expect(await shown.getByRole('button', { name: /Open|Show/ }).count()).toBe(0)
      expect(await shown.locator('img, iframe, object, embed').count()).toBe(0)
    }
    await card(bob, 'liar.png').getByText('This is no picture').waitFor()
  })

  test('a file that is too large is refused in words, before it is sent', async () => {
    await alice.page
      .getByLabel('Files to attach')
      .setInputFiles([
        { name: 'film.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(3_000_000) },
      ])
    // Shown, and for a moment read out as well.
    await alice.page
      .getByText(/film\.bin is 3 MB; this Hearth takes files of up to 2/)
      .first()
      .waitFor()
    expect(await alice.page.getByRole('region', { name: 'Files to send' }).count()).toBe(0)
  })

  test('an upload is cancelled; another fails, says why, and is sent on retry', async () => {
    const tray = alice.page.getByRole('list', { name: 'Files being sent' })
    const upload = /\/media\/v3\/upload/
    await alice.page.route(upload, () => {
      // Never answered: as far as the page can tell, it is still being sent.
    })
    await attach(alice, [textFile('never.txt', 'text/plain', 'never')])
    await send(alice)
    await tray.getByRole('button', { name: 'Cancel never.txt' }).click()
    await tray.waitFor({ state: 'detached' })
    await alice.page.unroute(upload)

    await alice.page.route(upload, async (route) => {
      await route.fulfill({ status: 413, json: { errcode: 'M_TOO_LARGE', error: 'The disk is full' } })
    })
    await attach(alice, [textFile('later.txt', 'text/plain', 'later')])
    await send(alice)
    await tray.getByText(/^Not sent/).waitFor()
    await alice.page.unroute(upload)
    await tray.getByRole('button', { name: 'Retry' }).click()
    await card(bob, 'later.txt').waitFor()
    await tray.waitFor({ state: 'detached' })
    expect(await card(bob, 'never.txt').count()).toBe(0)
  })

  test("the room's files are found again, and lead back to where they were sent", async () => {
    await bob.page.getByRole('button', { name: 'Files', exact: true }).click()
    const panel = bob.page.getByRole('complementary', { name: 'Files' })
    await panel.getByRole('button', { name: /^Open lake\.png, from Alice/ }).click()
    await bob.page.getByRole('dialog', { name: 'lake.png' }).waitFor()
    await bob.page.keyboard.press('Escape')
    await panel.getByRole('radio', { name: 'Audio' }).check({ force: true })
    await panel.getByText('Voice message').waitFor()
    await panel.getByRole('radio', { name: 'Files' }).check({ force: true })
    const plan = panel.getByRole('listitem').filter({ hasText: 'plan.pdf' })
    await plan.getByRole('button', { name: 'Show in the conversation' }).click()
    await card(bob, 'plan.pdf').waitFor()
  })

  test('a sound goes on while the conversation moves far away from it', async () => {
    await attach(alice, [wavFile('rain.wav', 60)])
    await send(alice)
    const rain = bob.timeline.getByRole('figure', { name: 'Audio rain.wav' })
    await rain.getByRole('button', { name: 'Play rain.wav' }).click()
    await rain.getByRole('button', { name: 'Pause rain.wav' }).waitFor()
    for (let index = 0; index < 6; index += 1) {
      await alice.composer.fill(`${'and on\n'.repeat(40)}end ${index}`)
      await send(alice)
    }
    await bob.timeline.getByText('end 5').waitFor()
    // However tall they are, who writes sees what they wrote.
    expect(await alice.page.getByRole('button', { name: /Jump to latest/ }).count()).toBe(0)
    const below = await rain.evaluate((figure) => figure.getBoundingClientRect().bottom)
    expect(below).toBeLessThan(-1_000)
    const sound = rain.locator('audio')
    const at = await sound.evaluate((audio: HTMLAudioElement) => audio.currentTime)
    await expect
      .poll(async () => await sound.evaluate((audio: HTMLAudioElement) => audio.currentTime))
      .toBeGreaterThan(at)
    // By the keyboard: going there loads what was before, and a pointer may miss what moves meanwhile.
    await rain.getByRole('button', { name: 'Pause rain.wav' }).press('Enter')
    await rain.getByRole('button', { name: 'Play rain.wav' }).waitFor()
  })
})
