import { X } from 'lucide-react'
import { useState, type KeyboardEvent } from 'react'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import css from './keywords.module.css'

/** Words that are told of wherever somebody says them. */
export function Keywords({ words }: { words: readonly string[] }) {
  const { client, attempt } = useServices()
  const [word, setWord] = useState('')
  const [busy, setBusy] = useState(false)

  async function add(): Promise<void> {
    if (word.trim() === '' || busy) return
    setBusy(true)
    if (await attempt(async () => await client.addKeyword(word), 'The word could not be added')) setWord('')
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
      <div className={css.add}>
        <TextField
          label="Tell me when somebody says"
          placeholder="a word, such as your team's name"
          value={word}
          maxLength={100}
          onChange={(event) => setWord(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <Button busy={busy} disabled={word.trim() === ''} onClick={() => void add()}>
          Add
        </Button>
      </div>
      {words.length > 0 && (
        // A list without markers loses its role in some screen readers, unless it is given.
        // oxlint-disable-next-line jsx-a11y/no-redundant-roles
        <ul role="list" aria-label="Words" className={css.words}>
          {words.map((each) => (
            <li key={each} className={css.word}>
              <span>{each}</span>
              <button
                type="button"
                aria-label={`Remove ${each}`}
                onClick={() =>
                  void attempt(async () => await client.removeKeyword(each), 'The word could not be removed')
                }
              >
                <X aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
