import type { CompactEmoji, ShortcodesDataset } from 'emojibase'
import { isInCode } from './completion.ts'
import { skinTone } from './emoji-choice.ts'
import { fold } from './mark-words.ts'

export interface Emoji {
  readonly emoji: string
  readonly label: string
  /** The first is the one shown. */
  readonly shortcodes: readonly string[]
  readonly group: number
  /** By skin tone, light to dark; empty for what has none. */
  readonly skins: readonly string[]
  /** Everything it is found by, folded. */
  readonly words: readonly string[]
}

export interface EmojiGroup {
  readonly id: number
  readonly name: string
  readonly emojis: readonly Emoji[]
}

export interface EmojiSet {
  readonly groups: readonly EmojiGroup[]
  readonly byShortcode: ReadonlyMap<string, Emoji>
  readonly byEmoji: ReadonlyMap<string, Emoji>
  /** Those that fit best first. */
  readonly search: (query: string, most: number) => Emoji[]
}

/** In the order of the picker; parts of emoji are no emoji. */
const GROUPS: readonly (readonly [number, string])[] = [
  [0, 'Smileys'],
  [1, 'People'],
  [3, 'Nature'],
  [4, 'Food'],
  [5, 'Travel'],
  [6, 'Activities'],
  [7, 'Objects'],
  [8, 'Symbols'],
  [9, 'Flags'],
]

let loading: Promise<EmojiSet> | undefined
let loaded: EmojiSet | undefined

/** What is here already; undefined before `loadEmoji` has answered. */
export function knownEmoji(): EmojiSet | undefined {
  return loaded
}

/** The data comes in pieces of its own: the app starts without it. */
export function loadEmoji(): Promise<EmojiSet> {
  loading ??= Promise.all([
    import('emojibase-data/en/compact.json'),
    import('emojibase-data/en/shortcodes/github.json'),
    import('emojibase-data/en/shortcodes/emojibase.json'),
  ])
    .then(([data, github, emojibase]) => {
      loaded = buildEmojiSet(data.default, [github.default, emojibase.default])
      return loaded
    })
    .catch((error: unknown) => {
      // The next one who asks tries again.
      loading = undefined
      throw error
    })
  return loading
}

export function buildEmojiSet(
  data: readonly CompactEmoji[],
  shortcodes: readonly ShortcodesDataset[],
): EmojiSet {
  const known = new Set(GROUPS.map(([id]) => id))
  const emojis = data
    .filter((each) => each.group !== undefined && known.has(each.group))
    .toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map((each) => toEmoji(each, shortcodes))
  const byShortcode = new Map<string, Emoji>()
  for (const emoji of emojis)
    for (const name of emoji.shortcodes) if (!byShortcode.has(name)) byShortcode.set(name, emoji)
  return {
    groups: GROUPS.map(([id, name]) => ({ id, name, emojis: emojis.filter((each) => each.group === id) })),
    byShortcode,
    byEmoji: new Map(
      emojis.flatMap((each) => [each.emoji, ...each.skins].map((one) => [one, each] as const)),
    ),
    search: (query, most) => searchEmoji(emojis, query, most),
  }
}

/** The emoji in the skin tone that was chosen; 0 is none, 1 light to 5 dark. */
export function inTone(emoji: Emoji, tone: number): string {
  return (tone === 0 ? undefined : emoji.skins[tone - 1]) ?? emoji.emoji
}

/** Shortcodes that stand in a text as what they mean; times and addresses are none. */
export function replaceShortcodes(text: string): string {
  if (loaded === undefined || !text.includes(':')) return text
  const { byShortcode } = loaded
  const tone = skinTone()
  return text.replaceAll(
    /(?<![\w:/]):([a-z0-9_+-]{1,40}):(?![\w/])/giu,
    (whole, name: string, at: number) => {
      const emoji = byShortcode.get(name.toLowerCase())
      return emoji === undefined || isInCode(text, at) ? whole : inTone(emoji, tone)
    },
  )
}

function toEmoji(data: CompactEmoji, datasets: readonly ShortcodesDataset[]): Emoji {
  const shortcodes = [...new Set(datasets.flatMap((dataset) => dataset[data.hexcode] ?? []))]
  return {
    emoji: data.unicode,
    label: data.label,
    shortcodes,
    group: data.group ?? 0,
    // Those of two people with two tones come after the five of one tone each.
    skins: (data.skins ?? []).slice(0, 5).map((each) => each.unicode),
    words: [...shortcodes, ...data.label.split(/[\s:,-]+/u), ...(data.tags ?? [])].map(fold),
  }
}

function searchEmoji(emojis: readonly Emoji[], query: string, most: number): Emoji[] {
  const wanted = fold(query.trim().replaceAll(/^:|:$/gu, ''))
  if (wanted === '') return []
  const parts = wanted.split(/[\s_]+/u).filter((part) => part !== '')
  return emojis
    .map((emoji) => ({ emoji, fit: fitOf(emoji, wanted, parts) }))
    .filter((each) => each.fit < Infinity)
    .toSorted((a, b) => a.fit - b.fit)
    .slice(0, most)
    .map((each) => each.emoji)
}

/** Lower is better. */
function fitOf(emoji: Emoji, wanted: string, parts: readonly string[]): number {
  const names = emoji.words.slice(0, emoji.shortcodes.length)
  if (names.includes(wanted)) return 0
  const begun = names.filter((name) => name.startsWith(wanted))
  // The shorter name is nearer: "heart" before "heart_eyes".
  if (begun.length > 0) return 1 + Math.min(...begun.map((name) => name.length)) / 1_000
  if (emoji.words.includes(wanted)) return 2
  if (parts.every((part) => emoji.words.some((word) => word.startsWith(part)))) return 3
  return wanted.length > 2 && names.some((name) => name.includes(wanted)) ? 4 : Infinity
}
