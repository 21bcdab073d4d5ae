import { Check, Copy } from 'lucide-react'
import type { ReactNode } from 'react'
import css from './code-frame.module.css'
import { IconButton } from './icon-button.tsx'
import type { useCopy } from './use-copy.ts'

interface CodeFrameProps {
  /** What the button does. */
  label: string
  outcome: ReturnType<typeof useCopy>['outcome']
  onCopy: () => void
  /** Among words: with room around it, and the button only where one points or types. */
  amongWords?: boolean
  children: ReactNode
}

/** What machines read, with a button that copies it. */
export function CodeFrame({ label, outcome, onCopy, amongWords = false, children }: CodeFrameProps) {
  return (
    <div className={css.frame} data-among-words={amongWords || undefined}>
      {children}
      <div className={css.copy}>
        <IconButton
          size="sm"
          label={outcome ?? label}
          icon={outcome === 'Copied' ? <Check /> : <Copy />}
          onClick={onCopy}
        />
      </div>
    </div>
  )
}
