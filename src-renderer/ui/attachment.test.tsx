// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { Tooltip } from 'radix-ui'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { writable } from '../client/readable.ts'
import { UploadTray } from '../features/files/upload-tray.tsx'
import {
  ConversationContext,
  VerbsContext,
  type Conversation,
  type ConversationVerbs,
} from '../model/conversation.ts'
import { detail, event } from '../model/testing.ts'
import type { Upload } from '../model/types.ts'
import { ServicesContext, type AppServices } from '../model/use-client.ts'
import { Attachment } from './attachment.tsx'
import { Lightbox } from './lightbox.tsx'
import { StagedFiles } from './staged-files.tsx'

const url = 'mxc://example.org/abc'
let asked: unknown[] = []
/** What the node answers to whoever asks for the first bytes. */
let bytes: () => Response = () => new Response('', { status: 404 })

beforeEach(() => {
  asked = []
  vi.stubGlobal('fetch', () => Promise.resolve(bytes()))
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function draw(node: ReactNode, uploads: readonly Upload[] = []): void {
  const note =
    (name: string) =>
    (...rest: unknown[]): void =>
      void asked.push([name, ...rest])
  const client = {
    mediaVersion: writable(0),
    mediaUrl: (mxc: string) => `http://node/download/${mxc.slice(6)}`,
    thumbnailUrl: (mxc: string) => `http://node/thumbnail/${mxc.slice(6)}`,
    uploads: () => writable(uploads),
    cancelUpload: note('cancel'),
    retryUpload: note('retry'),
  }
  const services = { client, toast: note('toast'), describe: String } as unknown as AppServices
  const room = detail('room')
  const verbs: ConversationVerbs = {
    roomId: room.id,
    threadId: undefined,
    setComposing: note('compose'),
    ask: (question) => asked.push(['ask', question.kind, question.event.id]),
    openPanel: note('panel'),
    jumpTo: note('jump'),
    openLink: note('link'),
  }
  const conversation: Conversation = {
    ...verbs,
    room,
    composing: undefined,
    staged: [],
    setStaged: (files) => asked.push(['stage', files.map((file) => file.name)]),
  }
  render(
    <Tooltip.Provider>
      <ServicesContext value={services}>
        <VerbsContext value={verbs}>
          <ConversationContext value={conversation}>{node}</ConversationContext>
        </VerbsContext>
      </ServicesContext>
    </Tooltip.Provider>,
  )
}

const message = (content: Record<string, unknown>, id = '$file') =>
  event('Bo', 1, { id, content: { url, ...content } })
const attachment = (content: Record<string, unknown>): ReactNode => {
  const sent = message(content)
  return <Attachment content={sent.content} event={sent} />
}

test('a picture has its place before it is there, and opens large', () => {
  draw(attachment({ msgtype: 'm.image', body: 'lake.png', info: { mimetype: 'image/png', w: 840, h: 400 } }))
  const place = screen.getByRole('button', { name: 'Open picture lake.png' })
  expect(place.style.width).toBe('420px')
  expect(place.style.aspectRatio).toBe('420 / 200')
  expect(screen.getByAltText('lake.png').getAttribute('src')).toContain('/thumbnail/')
  fireEvent.click(place)
  expect(asked).toEqual([['ask', 'picture', '$file']])
})

test('a picture that cannot be had says so, and is asked for again', async () => {
  bytes = () => new Response('', { status: 404 })
  draw(attachment({ msgtype: 'm.image', body: 'gone.png', info: { mimetype: 'image/png', w: 90, h: 90 } }))
  fireEvent.error(screen.getByAltText('gone.png'))
  fireEvent.click(await screen.findByRole('button', { name: 'Try again' }))
  expect(screen.getByAltText('gone.png').getAttribute('src')).toContain('/thumbnail/')
})

test('bytes that are no picture are never drawn, whatever they are called', async () => {
  bytes = () => new Response('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')
  draw(attachment({ msgtype: 'm.image', body: 'liar.gif', info: { mimetype: 'image/gif', size: 50 } }))
  await screen.findByText(/This is no picture/)
  expect(document.querySelector('img')).toBeNull()
  screen.getByRole('button', { name: 'Save' })
})

test.each([
  ['m.image', 'drawing.svg', 'image/svg+xml'],
  ['m.file', 'page.html', 'text/html'],
  ['m.file', 'run.sh', 'text/plain'],
  ['m.video', 'film.mp4', 'application/xhtml+xml'],
  ['m.file', 'unheard.of', 'application/x-unheard'],
])('%s %s of type %s is offered to be saved, and nothing else', (msgtype, body, mimetype) => {
  draw(attachment({ msgtype, body, info: { mimetype } }))
  expect(within(screen.getByRole('figure')).getAllByRole('button')).toHaveLength(1)
  screen.getByRole('button', { name: 'Save' })
  expect(document.querySelector('img, video, audio, iframe, object, embed')).toBeNull()
})

test('an encrypted file says that it is, and offers nothing', () => {
  draw(attachment({ msgtype: 'm.file', body: 'a.zip', url: undefined, file: { url } }))
  screen.getByText(/Encrypted/)
  expect(screen.queryByRole('button')).toBeNull()
})

test('the end of a long name stays to be seen', () => {
  const name = `${'very '.repeat(20)}long report.pdf`
  draw(
    attachment({ msgtype: 'm.file', body: name, info: { mimetype: 'application/zip', size: 2_000_000_000 } }),
  )
  screen.getByTitle(name)
  screen.getByText('report.pdf')
  screen.getByText('PDF · 2 GB')
})

test('a voice message tells its length, seeks by keyboard and changes its speed', () => {
  draw(
    attachment({
      msgtype: 'm.audio',
      body: 'Voice message.ogg',
      info: { mimetype: 'audio/ogg', duration: 65_000 },
      'org.matrix.msc3245.voice': {},
      'org.matrix.msc1767.audio': { duration: 65_000, waveform: [0, 1_024, 512] },
    }),
  )
  screen.getByRole('button', { name: 'Play voice message from Bo' })
  screen.getByText('1:05')
  const position = screen.getByRole('slider', { name: 'Position' })
  fireEvent.keyDown(position, { key: 'ArrowRight' })
  fireEvent.keyDown(position, { key: 'ArrowRight' })
  expect(position.getAttribute('aria-valuetext')).toBe('10 seconds of 1 minute 5 seconds')
  fireEvent.click(screen.getByRole('button', { name: 'Speed 1, change' }))
  screen.getByRole('button', { name: 'Speed 1.25, change' })
})

test('what is no file draws nothing', () => {
  draw(attachment({ msgtype: 'm.text', body: 'Hello' }))
  expect(document.querySelector('figure, button')).toBeNull()
})

test('the lightbox is left and leafed through by keyboard, and tells who and when', () => {
  const one = message({ msgtype: 'm.image', body: 'one.png' }, '$1')
  const text = event('Bo', 1, { id: '$2' })
  const two = message({ msgtype: 'm.image', filename: 'two.png', body: 'At dusk' }, '$3')
  draw(
    <Lightbox
      events={[one, text, two]}
      current="$3"
      onClose={() => asked.push('close')}
      onCurrent={(id) => asked.push(id)}
    />,
  )
  const dialog = screen.getByRole('dialog', { name: 'two.png' })
  within(dialog).getByText(/^Bo · /)
  within(dialog).getByText('At dusk')
  within(dialog).getByText('2 of 2')
  fireEvent.keyDown(dialog, { key: 'ArrowRight' })
  fireEvent.keyDown(dialog, { key: 'ArrowLeft' })
  fireEvent.keyDown(dialog, { key: 'Escape' })
  expect(asked).toEqual(['$1', 'close'])
})

test('staged files are counted, put in order and taken out', () => {
  const files = ['a.txt', 'b.txt'].map((name) => new File(['12345'], name))
  draw(<StagedFiles files={files} onRemove={(index) => asked.push(['remove', index])} />)
  screen.getByText('2 files, 10 bytes')
  fireEvent.click(screen.getByRole('button', { name: 'Move b.txt forward' }))
  fireEvent.click(screen.getByRole('button', { name: 'Remove a.txt' }))
  expect(asked).toEqual([
    ['stage', ['b.txt', 'a.txt']],
    ['remove', 0],
  ])
})

test('an upload tells how far it is, is cancelled, and one that failed says why and is tried again', () => {
  const upload = { roomId: '!r', threadId: undefined, type: '', size: 2_000_000_000, error: undefined }
  draw(<UploadTray />, [
    { ...upload, id: 'u1', name: 'film.mov', sentBytes: 500_000_000, state: 'sending' },
    { ...upload, id: 'u2', name: 'big.iso', sentBytes: 0, state: 'failed', error: 'The disk is full.' },
    { ...upload, id: 'u3', name: 'other.txt', sentBytes: 0, state: 'waiting', threadId: '$elsewhere' },
  ])
  screen.getByText('500 MB of 2 GB')
  screen.getByText('Not sent: The disk is full.')
  expect(screen.queryByText('other.txt')).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: 'Cancel film.mov' }))
  fireEvent.click(screen.getByRole('button', { name: 'Retry' }))
  expect(asked).toEqual([
    ['cancel', 'u1'],
    ['retry', 'u2'],
  ])
})
