import type { Page } from 'playwright'

/** Milliseconds each; measured inside the page, so that the driver's own delays do not count. */

/** From a click on a room in the list until its newest message has been painted. */
export async function roomSwitch(page: Page, name: string, newest: string): Promise<number> {
  return await page.evaluate(
    async ({ name: roomName, newest: text }) => {
      const links = [...document.querySelectorAll<HTMLAnchorElement>('a[href*="#/room/"]')]
      const link = links.find((each) => each.textContent.includes(roomName))
      if (link === undefined) throw new Error(`No link to ${roomName}`)
      const shown = (): boolean =>
        document.querySelector('h1')?.textContent.includes(roomName) === true &&
        document.querySelector('[role="log"]')?.textContent.includes(text) === true
      const startedAt = performance.now()
      link.click()
      for (;;) {
        // Asked after each painted frame: a frame callback, and the task that follows it.
        await new Promise<void>((resolve) =>
          requestAnimationFrame(() => {
            const channel = new MessageChannel()
            channel.port1.addEventListener('message', () => resolve(), { once: true })
            channel.port1.start()
            channel.port2.postMessage(undefined)
          }),
        )
        if (shown()) return performance.now() - startedAt
        if (performance.now() - startedAt > 20_000) throw new Error(`${roomName} was not shown`)
      }
    },
    { name, newest },
  )
}

/** Collects, for each key pressed from now on, the time from the event's own time stamp until it is painted. */
export async function watchKeys(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const times: number[] = []
    ;(window as unknown as { keyTimes: number[] }).keyTimes = times
    window.addEventListener(
      'keydown',
      (event) => {
        const at = event.timeStamp
        requestAnimationFrame(() => {
          const channel = new MessageChannel()
          channel.port1.addEventListener('message', () => times.push(performance.now() - at), { once: true })
          channel.port1.start()
          channel.port2.postMessage(undefined)
        })
      },
      { capture: true },
    )
  })
  return async () => await page.evaluate(() => (window as unknown as { keyTimes: number[] }).keyTimes)
}

/** Times between painted frames while `act` runs. */
export async function frameTimes(page: Page, act: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const frames: number[] = []
    const state = { frames, running: true }
    ;(window as unknown as { frameProbe: typeof state }).frameProbe = state
    let last: number | undefined
    const tick = (now: number): void => {
      if (last !== undefined) frames.push(now - last)
      last = now
      if (state.running) requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
  })
  await act()
  return await page.evaluate(() => {
    const probe = (window as unknown as { frameProbe: { frames: number[]; running: boolean } }).frameProbe
    probe.running = false
    return probe.frames
  })
}
