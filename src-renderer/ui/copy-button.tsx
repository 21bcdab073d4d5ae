import { Check, Copy } from 'lucide-react'
import { Button } from './button.tsx'
import { useCopy } from './use-copy.ts'

interface CopyButtonProps {
  text: string
  words: string
  /** Accessible name, where the words leave open what is copied. */
  label?: string
}

export function CopyButton({ text, words, label }: CopyButtonProps) {
  const { outcome, copy } = useCopy()
  return (
    <Button size="sm" aria-label={label} onClick={() => void copy(text)}>
      {outcome === 'Copied' ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      {outcome ?? words}
    </Button>
  )
}
