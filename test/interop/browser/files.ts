import type { Locator } from 'playwright'
import { expect, test } from 'vitest'
import type { Person } from '../../e2e/browser.ts'
import { message } from '../../e2e/conversation.ts'
import { pngFile, textFile, type SampleFile } from '../../e2e/sample-files.ts'
import { download, upload } from '../../harness/process/media.ts'
import type { Scene } from './scene.ts'
import { toneFile, videoFile } from './sounds.ts'

/** Files, which are shown by what they are, and arrive as they were. */
export function files(scene: () => Scene): void {
  const both = () => [scene().alice, scene().bob]

  /** Sylvia shares a file, of which she says this. */
  async function sylviaShares(file: SampleFile, content: object): Promise<void> {
    const { sylvia, room } = scene()
    const url = await upload(sylvia, file.buffer, file.mimeType, file.name)
    const info = { mimetype: file.mimeType, size: file.buffer.length }
    const told = { body: file.name, filename: file.name, url, info }
    await sylvia.sendEvent(room, 'm.room.message', { ...told, ...content })
  }

  /** What Alice attaches comes to Sylvia with the same bytes; its content. */
  async function aliceShares(file: SampleFile, words = ''): Promise<Readonly<Record<string, unknown>>> {
    const { alice, sylvia, aliceId, arrives } = scene()
    await alice.page.getByLabel('Files to attach').setInputFiles([file])
    await alice.page.getByRole('region', { name: 'Files to send' }).waitFor()
    if (words !== '') await alice.composer.fill(words)
    await alice.page.getByRole('button', { name: 'Send', exact: true }).click()
    const { content } = await arrives(
      file.name,
      (event) =>
        event.sender === aliceId && (event.content['filename'] ?? event.content['body']) === file.name,
    )
    const read = await download(sylvia, String(content['url']))
    expect(read.body.equals(file.buffer)).toBe(true)
    expect(content['info']).toMatchObject({ mimetype: file.mimeType, size: file.buffer.length })
    return content
  }

  const picture = (person: Person, name: string): Locator =>
    person.timeline.getByRole('button', { name: `Open picture ${name}` })

  async function isDrawn(shown: Locator): Promise<void> {
    await shown.locator('img[data-shown]').waitFor()
    const width = await shown.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)
    expect(width).toBeGreaterThan(0)
  }

  test('pictures, with words and a small version', async () => {
    const { sylvia } = scene()
    const pond = pngFile('pond.png', 1200, 800)
    await sylviaShares(pond, {
      ...{ msgtype: 'm.image', body: 'The pond at dawn' },
      info: { mimetype: 'image/png', size: pond.buffer.length, w: 1200, h: 800 },
    })
    for (const person of both()) {
      await isDrawn(picture(person, 'pond.png'))
      await person.sees('The pond at dawn')
    }
    const content = await aliceShares(pngFile('lake.png', 1200, 800, true), 'The lake at dusk')
    expect(content).toMatchObject({
      ...{ msgtype: 'm.image', body: 'The lake at dusk' },
      info: { w: 1200, h: 800, thumbnail_info: { mimetype: expect.stringMatching(/^image\//) as string } },
    })
    const info = content['info'] as { thumbnail_url: string; 'xyz.amorgan.blurhash': string }
    expect(info['xyz.amorgan.blurhash']).toMatch(/^.{6,}$/)
    expect((await download(sylvia, info.thumbnail_url)).contentType).toMatch(/^image\//)
    await isDrawn(picture(scene().bob, 'lake.png'))
  })

  test('files, which are read in place', async () => {
    await sylviaShares(textFile('seeds.txt', 'text/plain', 'Beans, peas'), { msgtype: 'm.file' })
    for (const person of both()) {
      const card = person.timeline.getByRole('figure', { name: 'File seeds.txt' })
      await card.getByRole('button', { name: 'Show the text' }).click()
      await card.getByText('Beans, peas').waitFor()
    }
    const content = await aliceShares(textFile('tools.txt', 'text/plain', 'Spade, rake'))
    expect(content['msgtype']).toBe('m.file')
    await scene().bob.timeline.getByRole('figure', { name: 'File tools.txt' }).waitFor()
  })

  async function plays(person: Person, name: string): Promise<void> {
    const voice = person.timeline.getByRole('figure', { name }).last()
    await voice.getByRole('button', { name: /^Play/ }).click()
    await expect
      .poll(() => voice.locator('audio').evaluate((audio: HTMLAudioElement) => audio.currentTime))
      .toBeGreaterThan(0)
  }

  test('voice messages are recorded, and play', async () => {
    const { alice, bob, sylvia, aliceId, arrives } = scene()
    await sylviaShares(toneFile('voice.wav', 2), {
      ...{ msgtype: 'm.audio', body: 'Voice message' },
      'org.matrix.msc1767.audio': { duration: 2_000, waveform: [0, 300, 1024, 600, 100] },
      'org.matrix.msc3245.voice': {},
    })
    for (const person of both()) await plays(person, 'voice message from sylvia')

    await alice.page.getByRole('button', { name: 'Record a voice message' }).click()
    const recorder = alice.page.getByRole('region', { name: 'Voice message' })
    await recorder.getByText('0:01').waitFor()
    await recorder.getByRole('button', { name: /^Stop/ }).click()
    await recorder.getByRole('button', { name: 'Send voice message' }).click()
    const { content } = await arrives(
      'the voice message',
      (event) => event.sender === aliceId && event.content['org.matrix.msc3245.voice'] !== undefined,
    )
    expect(content).toMatchObject({
      ...{ msgtype: 'm.audio', 'org.matrix.msc3245.voice': {} },
      info: { mimetype: expect.stringMatching(/^audio\//) as string },
    })
    const sound = content['org.matrix.msc1767.audio'] as { duration: number; waveform: number[] }
    expect(sound.duration).toBeGreaterThan(900)
    expect(sound.waveform.length).toBeGreaterThan(10)
    for (const loudness of sound.waveform) expect(Math.round(loudness)).toBeLessThanOrEqual(1024)
    expect((await download(sylvia, String(content['url']))).body.length).toBeGreaterThan(500)
    await plays(bob, 'voice message from Alice')
  })

  test('videos play', async () => {
    const film = await videoFile(scene().alice.page, 'film.webm')
    const info = { mimetype: film.mimeType, size: film.buffer.length, w: 160, h: 120 }
    await sylviaShares({ ...film, name: 'bees.webm' }, { msgtype: 'm.video', info })
    for (const person of both()) {
      await person.timeline.getByRole('button', { name: 'Play video bees.webm' }).click()
      const video = message(person, '').locator('video')
      await expect
        .poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime))
        .toBeGreaterThan(0)
    }
    const content = await aliceShares(film)
    expect(content).toMatchObject({ msgtype: 'm.video', info: { w: 160, h: 120 } })
    await scene().bob.timeline.getByRole('button', { name: 'Play video film.webm' }).waitFor()
  })
}
