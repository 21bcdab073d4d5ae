import type { NetworkProblem } from '../../client/types.ts'
import { Note } from '../../ui/note.tsx'
import css from './network-notes.module.css'

/** What keeps people from appearing or from being reached, and what to do about it. */
export function NetworkNotes({ problems }: { problems: readonly NetworkProblem[] }) {
  if (problems.length === 0) return null
  return (
    <div className={css.notes}>
      {problems.map(({ words, help }) => (
        <Note key={words}>
          <p className={css.words}>{words}</p>
          <p>{help}</p>
        </Note>
      ))}
    </div>
  )
}
