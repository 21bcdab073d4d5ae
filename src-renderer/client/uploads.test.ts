import { expect, test } from 'vitest'
import { createOutbox, type OutboxItem } from './outbox.ts'
import type { KeptUpload } from './upload-store.ts'
import type { UploadResult } from './upload-transport.ts'
import { createUploads } from './uploads.ts'

/** A node whose answers to uploads the test gives one by one; messages it takes at once. */
function rig(limit = 5) {
  const calls: {
    name: string | undefined
    signal: AbortSignal
    answer: (result: UploadResult) => void
    onProgress: (bytes: number) => void
  }[] = []
  const sent: OutboxItem[] = []
  const kept = new Map<string, KeptUpload>()
  const waiters: (() => void)[] = []
  const stir = (): void => {
    for (const wake of waiters.splice(0)) wake()
  }
  let next = 0
  const outbox = createOutbox({
    send: (message) => {
      sent.push(message)
      stir()
      return Promise.resolve({ kind: 'sent', eventId: `$${message.txnId}` })
    },
    storage: { getItem: () => null, setItem: () => undefined },
    storageKey: 'outbox',
    onChange: stir,
    bytesLeft: (id) => uploads.bytesLeft(id),
    now: () => 1,
    newTxnId: () => `t${next++}`,
    wait: () => ({ promise: Promise.resolve(), cancel: () => undefined }),
  })
  const uploads = createUploads({
    outbox,
    newId: () => `f${next++}`,
    store: {
      put: (upload) => Promise.resolve(void kept.set(upload.id, upload)),
      remove: (id) => Promise.resolve(void kept.delete(id)),
      all: () => Promise.resolve([...kept.values()]),
    },
    transport: (_file, name, signal, onProgress) =>
      new Promise((answer) => {
        calls.push({ name, signal, answer, onProgress })
        stir()
      }),
    limit: () => Promise.resolve(limit),
    readInfo: (file) =>
      Promise.resolve(
        file.name === 'big.png'
          ? { kind: 'image', width: 9, height: 6, thumbnail: { blob: new Blob(['t']), width: 3, height: 2 } }
          : { kind: 'file' },
      ),
    relates: (_roomId, target) =>
      target?.replyTo === undefined
        ? {}
        : { 'm.relates_to': { 'm.in_reply_to': { event_id: target.replyTo.id } } },
  })
  uploads.uploads('!a').subscribe(stir)
  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => waiters.push(resolve))
  }
  const file = (name: string) => ({ file: new File(['12345'], name), caption: '' })
  const states = () =>
    uploads
      .uploads('!a')
      .get()
      .map((each) => `${each.name} ${each.state}`)
  return { uploads, outbox, calls, sent, kept, until, file, states }
}

test('a few files go at once, their messages in the order in which they were chosen', async () => {
  const { uploads, calls, sent, until, file, kept } = rig()
  uploads.sendFiles('!a', ['1', '2', '3', '4'].map(file))
  await until(() => calls.length === 2)
  calls[1]?.answer({ kind: 'done', mxc: 'mxc://a/2' })
  await until(() => calls.length === 3)
  calls[2]?.answer({ kind: 'done', mxc: 'mxc://a/3' })
  await until(() => calls.length === 4)
  expect(sent).toEqual([])
  for (const index of [3, 0]) calls[index]?.answer({ kind: 'done', mxc: `mxc://a/${index + 1}` })
  await until(() => sent.length === 4)
  expect(sent.map((each) => each.content['filename'])).toEqual(['1', '2', '3', '4'])
  await until(() => kept.size === 0)
})

test('words do not wait for a large file until little of it is left, also after a reload', async () => {
  const { uploads, outbox, calls, sent, until, kept } = rig(1e9)
  const file = new File([new Uint8Array(6e6)], 'film')
  const caption = ''
  kept.set('old', { file, caption, id: 'old', roomId: '!b', threadId: undefined })
  outbox.add('!b', {}, { txnId: 'old', held: true })
  outbox.add('!b', { body: 'from before' })
  expect(sent).toEqual([])
  await uploads.restoreUploads()
  await until(() => sent.length === 1)
  uploads.sendFiles('!a', [{ file, caption }])
  outbox.add('!a', { body: 'at once' })
  await until(() => sent.length === 2)
  await until(() => calls.length === 2)
  calls[1]?.onProgress(5e6)
  outbox.add('!a', { body: 'after it' })
  calls[1]?.answer({ kind: 'done', mxc: 'mxc://a/1' })
  await until(() => sent.length === 4)
  expect(sent.map(({ content }) => content['body'])).toEqual(['from before', 'at once', 'film', 'after it'])
})

test('a refused file says why, holds nothing up, and can be tried again', async () => {
  const { uploads, outbox, calls, sent, until, file, states } = rig()
  uploads.sendFiles('!a', [file('1')])
  outbox.add('!a', { body: 'words' })
  await until(() => calls.length === 1)
  calls[0]?.answer({ kind: 'refused', error: 'Too large' })
  await until(() => sent.length === 1)
  expect(sent[0]?.content['body']).toBe('words')
  const [failed] = uploads.uploads('!a').get()
  expect(failed).toMatchObject({ state: 'failed', error: 'Too large' })
  uploads.retryUpload(failed?.id ?? '')
  await until(() => calls.length === 2)
  expect(states()).toEqual(['1 sending'])
  calls[1]?.answer({ kind: 'done', mxc: 'mxc://a/1' })
  await until(() => sent.length === 2)
  expect(sent[1]?.content['url']).toBe('mxc://a/1')
})

test('without the node a file waits, and goes when the connection is back', async () => {
  const { uploads, calls, sent, until, file, states } = rig()
  uploads.sendFiles('!a', [file('1')])
  await until(() => calls.length === 1)
  calls[0]?.answer({ kind: 'unreachable' })
  await until(() => states()[0] === '1 waiting')
  uploads.wake()
  await until(() => calls.length === 2)
  calls[1]?.answer({ kind: 'done', mxc: 'mxc://a/1' })
  await until(() => sent.length === 1)
})

test('a file that is taken back is not sent on, and the next takes its place', async () => {
  const { uploads, calls, sent, until, file, states, kept } = rig()
  uploads.sendFiles('!a', [file('1'), file('2')])
  await until(() => calls.length === 2)
  uploads.cancelUpload(uploads.uploads('!a').get()[0]?.id ?? '')
  expect(calls[0]?.signal.aborted).toBe(true)
  expect(states()).toEqual(['2 sending'])
  calls[0]?.answer({ kind: 'unreachable' })
  calls[1]?.answer({ kind: 'done', mxc: 'mxc://a/2' })
  await until(() => sent.length === 1 && kept.size === 0)
  expect(sent[0]?.content['filename']).toBe('2')
})

test('a thumbnail goes with its picture, and only the first file answers', async () => {
  const { uploads, calls, sent, until, file } = rig()
  const replyTo = { id: '$asked' } as never
  uploads.sendFiles('!a', [file('big.png'), file('2')], { replyTo })
  await until(() => calls.length === 2)
  calls[0]?.answer({ kind: 'done', mxc: 'mxc://a/big' })
  await until(() => calls.length === 3)
  calls[2]?.answer({ kind: 'done', mxc: 'mxc://a/small' })
  calls[1]?.answer({ kind: 'done', mxc: 'mxc://a/2' })
  await until(() => sent.length === 2)
  expect(sent[0]?.content).toMatchObject({
    msgtype: 'm.image',
    url: 'mxc://a/big',
    info: { w: 9, h: 6, thumbnail_url: 'mxc://a/small', thumbnail_info: { w: 3, h: 2, size: 1 } },
    'm.relates_to': { 'm.in_reply_to': { event_id: '$asked' } },
  })
  expect(sent[1]?.content['m.relates_to']).toBeUndefined()
})

test('a file that is too large is not even begun', async () => {
  const { uploads, calls, until, states } = rig()
  uploads.sendFiles('!a', [{ file: new File(['123456'], 'large'), caption: '' }])
  await until(() => states()[0] === 'large failed')
  expect(calls).toEqual([])
})
