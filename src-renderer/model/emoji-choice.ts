const RECENT = 'hearth.emoji.recent'
const TONE = 'hearth.emoji.tone'
const MOST_RECENT = 18

/** The emoji that were picked last, newest first. */
export function recentEmoji(storage: Storage = localStorage): string[] {
  return (storage.getItem(RECENT) ?? '').split(' ').filter((each) => each !== '')
}

export function noteEmoji(emoji: string, storage: Storage = localStorage): void {
  const next = [emoji, ...recentEmoji(storage).filter((each) => each !== emoji)].slice(0, MOST_RECENT)
  keep(storage, RECENT, next.join(' '))
}

/** 0 is none, 1 light to 5 dark. */
export function skinTone(storage: Storage = localStorage): number {
  const stored = Number(storage.getItem(TONE) ?? 0)
  return Number.isInteger(stored) && stored >= 0 && stored <= 5 ? stored : 0
}

export function saveSkinTone(tone: number, storage: Storage = localStorage): void {
  keep(storage, TONE, String(tone))
}

function keep(storage: Storage, key: string, value: string): void {
  try {
    storage.setItem(key, value)
  } catch (error) {
    // A full storage costs the memory of it, not the emoji.
    console.warn('The choice of emoji could not be kept', error)
  }
}
