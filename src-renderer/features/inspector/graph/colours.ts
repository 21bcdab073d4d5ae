/** The colours of the theme, as a canvas takes them. */
export interface Colours {
  readonly servers: readonly string[]
  readonly otherServers: string
  readonly background: string
  readonly text: string
  readonly muted: string
  readonly faint: string
  readonly line: string
  readonly lineStrong: string
  readonly hover: string
  readonly accent: string
  readonly accentSoft: string
  readonly danger: string
  readonly warn: string
}

/** The colours of people, in an order that keeps the first few far apart. */
export const SERVER_COLOURS = [6, 0, 3, 7, 1, 4, 9, 5, 2].map(
  (index) => `color-mix(in oklab, var(--avatar-${index}) var(--name-share), var(--name-mix))`,
)
export const OTHER_SERVERS = 'var(--text-faint)'

export function readColours(within: Element): Colours {
  const probe = document.createElement('span')
  probe.hidden = true
  within.append(probe)
  const read = (value: string): string => {
    probe.style.color = value
    return getComputedStyle(probe).color
  }
  const colours: Colours = {
    servers: SERVER_COLOURS.map(read),
    otherServers: read(OTHER_SERVERS),
    background: read('var(--bg)'),
    text: read('var(--text)'),
    muted: read('var(--text-muted)'),
    faint: read('var(--text-faint)'),
    line: read('var(--line)'),
    lineStrong: read('var(--line-strong)'),
    hover: read('var(--bg-row-hover)'),
    accent: read('var(--accent)'),
    accentSoft: read('var(--accent-soft)'),
    danger: read('var(--danger)'),
    warn: read('var(--warn-text)'),
  }
  probe.remove()
  return colours
}

/** Calls `changed` when the theme is another; answers how to stop. */
export function watchTheme(changed: () => void): () => void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  dark.addEventListener('change', changed)
  const attribute = new MutationObserver(changed)
  attribute.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  return () => {
    dark.removeEventListener('change', changed)
    attribute.disconnect()
  }
}
