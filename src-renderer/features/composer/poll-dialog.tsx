import { Plus, X } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useConversation } from '../../model/conversation.ts'
import { FEWEST_ANSWERS, LONGEST_ANSWER, MOST_ANSWERS, pollContent, problemOf } from '../../model/new-poll.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { ChoiceField, TextField } from '../../ui/field.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Stack } from '../../ui/stack.tsx'
import css from './poll-dialog.module.css'

interface PollDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
}

export function PollDialog(props: PollDialogProps) {
  return (
    <Dialog {...props} title="Create a poll" description="Everybody in the room can vote." width="md">
      <PollForm {...props} />
    </Dialog>
  )
}

/** Answers are told apart while they are empty or alike. */
let nextKey = 0
const blank = () => ({ key: nextKey++, text: '' })

function PollForm({ onOpenChange }: PollDialogProps) {
  const { client } = useServices()
  const { room, threadId } = useConversation()
  const [question, setQuestion] = useState('')
  const [answers, setAnswers] = useState(() => [blank(), blank()])
  const [shown, setShown] = useState<'disclosed' | 'undisclosed'>('disclosed')
  const [most, setMost] = useState(1)
  const [problem, setProblem] = useState<string>()

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    // React lets it rise to a form outside of the dialog.
    event.stopPropagation()
    const poll = {
      question,
      answers: answers.map((answer) => answer.text),
      disclosed: shown === 'disclosed',
      maxSelections: most,
    }
    const missing = problemOf(poll)
    setProblem(missing)
    if (missing !== undefined) return
    client.sendEvent(room.id, 'org.matrix.msc3381.poll.start', pollContent(poll), { threadId })
    onOpenChange(false)
  }

  function setAnswer(key: number, text: string): void {
    setAnswers(answers.map((each) => (each.key === key ? { key, text } : each)))
  }

  function remove(key: number): void {
    setAnswers(answers.filter((each) => each.key !== key))
    setMost(Math.min(most, answers.length - 1))
  }

  return (
    <form onSubmit={onSubmit}>
      <Stack gap="lg">
        <TextField
          label="Question"
          value={question}
          maxLength={LONGEST_ANSWER}
          onChange={(event) => setQuestion(event.target.value)}
        />
        <fieldset className={css.answers}>
          <legend>Answers</legend>
          {answers.map(({ key, text }, index) => (
            <div key={key} className={css.answer}>
              <input
                aria-label={`Answer ${index + 1}`}
                placeholder={`Answer ${index + 1}`}
                autoComplete="off"
                maxLength={LONGEST_ANSWER}
                value={text}
                onChange={(event) => setAnswer(key, event.target.value)}
              />
              <IconButton
                label={`Remove answer ${index + 1}`}
                icon={<X />}
                disabled={answers.length <= FEWEST_ANSWERS}
                onClick={() => remove(key)}
              />
            </div>
          ))}
          {answers.length < MOST_ANSWERS && (
            <Button variant="ghost" size="sm" onClick={() => setAnswers([...answers, blank()])}>
              <Plus aria-hidden="true" /> Add an answer
            </Button>
          )}
        </fieldset>
        <label className={css.most}>
          <span>Answers that each person may choose</span>
          <select value={most} onChange={(event) => setMost(Number(event.target.value))}>
            {answers.map(({ key }, index) => (
              <option key={key} value={index + 1}>
                {index + 1}
              </option>
            ))}
          </select>
        </label>
        <ChoiceField
          label="Result"
          value={shown}
          onChange={setShown}
          options={[
            { value: 'disclosed', label: 'Shown to whoever has voted' },
            { value: 'undisclosed', label: 'Shown when the poll ends' },
          ]}
        />
        {problem !== undefined && (
          <p role="alert" className={css.problem}>
            {problem}
          </p>
        )}
      </Stack>
      <DialogActions>
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button type="submit" variant="primary">
          Create poll
        </Button>
      </DialogActions>
    </form>
  )
}
