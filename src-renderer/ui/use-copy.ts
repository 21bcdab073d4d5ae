import { useState } from 'react'

const SHOWN_MS = 2_000

/** Copies words, and says for a moment what became of it. */
export function useCopy(): {
  outcome: 'Copied' | 'It could not be copied' | undefined
  copy: (text: string) => Promise<void>
} {
  const [outcome, setOutcome] = useState<'Copied' | 'It could not be copied'>()
  async function copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      setOutcome('Copied')
    } catch (error) {
      // The text stays selectable by hand.
      console.warn('The clipboard is not available', error)
      setOutcome('It could not be copied')
    }
    setTimeout(() => setOutcome(undefined), SHOWN_MS)
  }
  return { outcome, copy }
}
