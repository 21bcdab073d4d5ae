import type { JsonObject } from '../core/types.ts'
import type { Clock } from '../trace/clock.ts'
import type { Logger } from '../trace/log.ts'
import { ForbiddenAddressError, guardedFetch, type Fetched } from './guarded-fetch.ts'
import { pageText } from './page-text.ts'
import { parsePage } from './parse-page.ts'
import { pictureOf } from './picture.ts'
import type { DropPicture, Guard, PreviewCache, SavePicture } from './ports.ts'

export interface LinkPreviewDeps {
  readonly cache: PreviewCache
  readonly guard: Guard
  readonly savePicture: SavePicture
  readonly dropPicture: DropPicture
  /** Asked each time, as the owner may change it. */
  readonly enabled: () => boolean
  readonly clock: Clock
  readonly log: Logger
  /** For page and picture together. */
  readonly timeoutMs?: number
}

export type PreviewResult =
  | { readonly ok: true; readonly preview: JsonObject }
  | { readonly ok: false; readonly reason: 'off' | 'wrong' | 'busy' | 'failed'; readonly words: string }

const USER_AGENT = 'Hearth (link preview)'
const MAX_PAGE_BYTES = 1024 * 1024
const MAX_PICTURE_BYTES = 5 * 1024 * 1024
/** Links of others cost disk for their pictures: what strangers can make of that has an end. */
const MAX_PICTURE_BYTES_A_DAY = 100 * 1024 * 1024
const DAY_MS = 24 * 3600_000
const TIMEOUT_MS = 10_000
const MAX_RUNNING = 8
const MAX_WAITING = 32
const FRESH_MS = 6 * 3600_000
const FAILED_FRESH_MS = 10 * 60_000
const MAX_FAILED = 1_000
const MAX_URL = 2_048

const isPage = (type: string): boolean => type === 'text/html' || type === 'application/xhtml+xml'
const isPicture = (type: string): boolean => type.startsWith('image/')

/** Looks at pages behind links for `GET /media/preview_url`, so that clients need not. */
export function createLinkPreviews(deps: LinkPreviewDeps) {
  const { cache, guard, clock, log } = deps
  const running = new Map<string, Promise<PreviewResult>>()
  const failures = new Map<string, { until: number; result: PreviewResult }>()
  const waiting: (() => void)[] = []
  const stopping = new AbortController()
  let active = 0
  let pictures = { since: 0, bytes: 0 }

  async function preview(text: string): Promise<PreviewResult> {
    if (!deps.enabled()) return { ok: false, reason: 'off', words: 'Link previews are turned off here' }
    const url = text.length <= MAX_URL && URL.canParse(text) ? new URL(text) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol))
      return { ok: false, reason: 'wrong', words: 'This is not the address of a web page' }
    url.hash = ''
    const key = url.href
    const now = clock.now()
    const known = cache.get(key, now)
    if (known !== undefined) return { ok: true, preview: known }
    const failed = failures.get(key)
    if (failed !== undefined && failed.until > now) return failed.result
    const already = running.get(key)
    if (already !== undefined) return already
    if (waiting.length >= MAX_WAITING)
      return { ok: false, reason: 'busy', words: 'Too many links are being looked at; try again soon' }
    const work = inTurn(() => look(url)).finally(() => running.delete(key))
    running.set(key, work)
    return work
  }

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (active >= MAX_RUNNING) await new Promise<void>((resolve) => waiting.push(resolve))
    else active++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) active--
      else next()
    }
  }

  async function look(url: URL): Promise<PreviewResult> {
    const timeout = new AbortController()
    const cancel = clock.setTimeout(() => timeout.abort(), deps.timeoutMs ?? TIMEOUT_MS)
    const signal = AbortSignal.any([timeout.signal, stopping.signal])
    try {
      const page = await guardedFetch(url, {
        guard,
        userAgent: USER_AGENT,
        accept: 'text/html,application/xhtml+xml,image/*;q=0.9,*/*;q=0.1',
        maxBytes: (type) => (isPage(type) ? MAX_PAGE_BYTES : isPicture(type) ? MAX_PICTURE_BYTES : 0),
        signal,
      })
      const preview = await factsOf(page, signal)
      const now = clock.now()
      const unused = cache.put(url.href, preview, { now, expires: now + FRESH_MS })
      for (const picture of unused) await drop(picture)
      return { ok: true, preview }
    } catch (error) {
      return failed(url, error)
    } finally {
      cancel()
    }
  }

  async function factsOf(page: Fetched, signal: AbortSignal): Promise<JsonObject> {
    const facts: JsonObject = { 'og:url': page.url.href }
    if (isPicture(page.type)) return { ...facts, ...(await picture(page)) }
    if (!isPage(page.type)) return facts
    const found = parsePage(pageText(page.bytes, page.contentType))
    if (found.title !== undefined) facts['og:title'] = found.title
    if (found.description !== undefined) facts['og:description'] = found.description
    if (found.siteName !== undefined) facts['og:site_name'] = found.siteName
    if (found.type !== undefined) facts['og:type'] = found.type
    if (found.image === undefined || !URL.canParse(found.image, page.url)) return facts
    try {
      const fetched = await guardedFetch(new URL(found.image, page.url), {
        guard,
        userAgent: USER_AGENT,
        accept: 'image/png,image/jpeg,image/webp,image/gif',
        maxBytes: () => MAX_PICTURE_BYTES,
        signal,
      })
      Object.assign(facts, await picture(fetched))
    } catch (error) {
      // The words are worth showing without it.
      log.note('no picture for a link preview', { error: String(error) }, 'info')
    }
    return facts
  }

  async function picture(fetched: Fetched): Promise<JsonObject> {
    const found = fetched.truncated ? undefined : pictureOf(fetched.bytes)
    const size = fetched.bytes.byteLength
    const now = clock.now()
    if (now - pictures.since > DAY_MS) pictures = { since: now, bytes: 0 }
    if (found === undefined || pictures.bytes + size > MAX_PICTURE_BYTES_A_DAY) return {}
    pictures.bytes += size
    return {
      'og:image': await deps.savePicture(fetched.bytes, found.contentType),
      'og:image:type': found.contentType,
      'og:image:width': found.width,
      'og:image:height': found.height,
      'matrix:image:size': size,
    }
  }

  async function drop(picture: string): Promise<void> {
    try {
      await deps.dropPicture(picture)
    } catch (error) {
      log.note('the picture of an old link preview stays', { picture, error: String(error) }, 'warn')
    }
  }

  function failed(url: URL, error: unknown): PreviewResult {
    log.note('no link preview', { host: url.hostname, error: String(error) }, 'info')
    const isForbidden = error instanceof ForbiddenAddressError
    const result: PreviewResult = isForbidden
      ? { ok: false, reason: 'wrong', words: error.message }
      : { ok: false, reason: 'failed', words: 'The page could not be looked at' }
    if (stopping.signal.aborted) return result
    failures.delete(url.href)
    failures.set(url.href, { until: clock.now() + FAILED_FRESH_MS, result })
    const oldest = failures.keys().next().value
    if (failures.size > MAX_FAILED && oldest !== undefined) failures.delete(oldest)
    return result
  }

  return {
    preview,
    stop: (): void => stopping.abort(),
  }
}
