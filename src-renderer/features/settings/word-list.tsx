import { X } from 'lucide-react'
import { useState, type KeyboardEvent, type ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import css from './keywords.module.css'

interface WordListProps {
  label: string
  placeholder: string
  hint?: ReactNode
  /** Of the list, for screen readers. */
  listLabel: string
  words: readonly string[]
  maxLength: number
  /** What is wrong with a word, in words. */
  check?: (word: string) => string | undefined
  /** Resolves to whether it was added. */
  onAdd: (word: string) => Promise<boolean>
  onRemove: (word: string) => void
}

/** A field that adds to a list of short texts, and the list. */
export function WordList({ label, placeholder, hint, listLabel, words, maxLength, ...props }: WordListProps) {
  const [word, setWord] = useState('')
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)

  async function add(): Promise<void> {
    const asked = word.trim()
    if (asked === '' || busy) return
    const wrong = props.check?.(asked)
    setError(wrong)
    if (wrong !== undefined) return
    setBusy(true)
    if (await props.onAdd(asked)) setWord('')
    setBusy(false)
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
    // It would save the form around.
    event.preventDefault()
    void add()
  }

  return (
    <div className={css.keywords}>
      <div className={css.add} data-explained={error !== undefined || hint !== undefined || undefined}>
        <TextField
          label={label}
          placeholder={placeholder}
          hint={hint}
          error={error}
          value={word}
          maxLength={maxLength}
          spellCheck={false}
          onChange={(event) => {
            setWord(event.target.value)
            setError(undefined)
          }}
          onKeyDown={onKeyDown}
        />
        <Button
          busy={busy}
          disabled={word.trim() === ''}
          aria-label={`Add to ${listLabel}`}
          onClick={() => void add()}
        >
          Add
        </Button>
      </div>
      {words.length > 0 && (
        // A list without markers loses its role in some screen readers, unless it is given.
        // oxlint-disable-next-line jsx-a11y/no-redundant-roles
        <ul role="list" aria-label={listLabel} className={css.words}>
          {words.map((each) => (
            <li key={each} className={css.word}>
              <span>{each}</span>
              <button type="button" aria-label={`Remove ${each}`} onClick={() => props.onRemove(each)}>
                <X aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
