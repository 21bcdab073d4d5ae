import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { formatBytes } from '../../../model/measures.ts'
import { Button } from '../../../ui/button.tsx'
import css from './event-detail.module.css'

/** The form that is hashed and signed: keys in order, no spaces. */
export function Canonical({ text, bytes }: { text: string; bytes: number }) {
  const [copied, setCopied] = useState(false)
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
      setTimeout(() => setCopied(false), 2_000)
    } catch (error) {
      // The text stays selectable by hand.
      console.warn('The clipboard is not available', error)
    }
  }
  return (
    <details className={css.canonical}>
      <summary>Canonical JSON, {formatBytes(bytes)}</summary>
      <p className={css.help}>What is hashed and signed: keys in order, no spaces.</p>
      <pre
        className={css.canonicalText}
        aria-label="Canonical JSON"
        // What is long is scrolled to, also by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      >
        {text}
      </pre>
      <Button size="sm" onClick={() => void copy()}>
        {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
        {copied ? 'Copied' : 'Copy the canonical JSON'}
      </Button>
    </details>
  )
}
