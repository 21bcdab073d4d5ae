import { formatBytes } from '../../../model/measures.ts'
import { CopyButton } from '../../../ui/copy-button.tsx'
import { Fold } from '../../../ui/fold.tsx'
import css from './event-detail.module.css'

/** The form that is hashed and signed: keys in order, no spaces. */
export function Canonical({ text, bytes }: { text: string; bytes: number }) {
  return (
    <Fold summary={`Canonical JSON, ${formatBytes(bytes)}`}>
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
      <CopyButton text={text} words="Copy the canonical JSON" />
    </Fold>
  )
}
