import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { listen, type Fetch, type Listener } from './listener.ts'
import { pathOf } from './path-of.ts'
import { readPieces } from './read-pieces.ts'

let listener: Listener
afterEach(async () => {
  await listener.stop(0)
})

const serve = async (fetch: Fetch): Promise<string> => {
  const errors: unknown[] = []
  const address = { host: '127.0.0.1', port: 0 }
  listener = await listen({ address, fetch, maxConnections: 10, onError: (error) => errors.push(error) })
  return `http://127.0.0.1:${listener.port}`
}

/** Answers how many bytes came, or what ended the reading. */
const counting =
  (most: number, patienceMs = 10_000): Fetch =>
  async (request, env) => {
    let size = 0
    try {
      await readPieces(
        request,
        env,
        (piece) => {
          size += piece.length
          if (size > most) throw new Error('too much')
        },
        (giveUp) => {
          const timer = setTimeout(() => giveUp(new Error('too slow')), patienceMs)
          return () => clearTimeout(timer)
        },
      )
    } catch (error) {
      return Response.json({ error: error instanceof Error ? error.message : '' }, { status: 400 })
    }
    return Response.json({ size })
  }

test('a body is read to its end, and the answer says how long it is', async () => {
  const url = await serve(counting(2 ** 20))
  const answer = await fetch(url, { method: 'PUT', body: 'x'.repeat(300_000) })
  expect(answer.headers.get('content-length')).toBe('15')
  expect(await answer.json()).toEqual({ size: 300_000 })
  expect(await (await fetch(url, { method: 'PUT', body: '' })).json()).toEqual({ size: 0 })
  expect(await (await fetch(url)).json()).toEqual({ size: 0 })
})

test('who sends too much is told so before having sent all of it', async () => {
  const url = await serve(counting(1_000))
  const answer = await fetch(url, { method: 'PUT', body: 'x'.repeat(200_000) })
  expect(answer.status).toBe(400)
  expect(await answer.json()).toEqual({ error: 'too much' })
})

test('a body that stands still is given up, and its sender is told', async () => {
  await serve(counting(1_000, 50))
  const socket = connect(listener.port, '127.0.0.1')
  socket.write('PUT / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 100\r\n\r\nhalf')
  expect(await text(socket)).toContain('too slow')
})

test('a body that is cut short ends the request', async () => {
  const ended = Promise.withResolvers<unknown>()
  await serve(async (request, env) => {
    await readPieces(request, env, () => undefined).then(ended.resolve, ended.reject)
    return new Response()
  })
  const socket = connect(listener.port, '127.0.0.1')
  socket.write('PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf', () => socket.destroy())
  await expect(ended.promise).rejects.toThrow()
})

test('the path of a URL is what a URL object gives', () => {
  for (const url of [
    'http://a',
    'http://a/',
    'http://a/b%2Fc?d=/e',
    'https://[::1]:8/x//y#z?',
    'http://a?/b',
  ])
    expect(pathOf(new URL(url).href)).toBe(new URL(url).pathname)
})
