import { ChartBar, Check } from 'lucide-react'
import { useState } from 'react'
import { useConversation } from '../model/conversation.ts'
import { parsePoll, tallyPoll, type PollQuestion, type PollResult } from '../model/poll.ts'
import { listNames, plural } from '../model/text.ts'
import type { RoomEvent } from '../model/types.ts'
import { useReadable, useServices } from '../model/use-client.ts'
import { Button } from './button.tsx'
import { ConfirmDialog } from './confirm-dialog.tsx'
import css from './poll.module.css'

/** A poll, with the votes as far as they may be seen. */
export function Poll({ event }: { event: RoomEvent }) {
  const question = parsePoll(event.content)
  if (question === undefined) return <p className={css.broken}>A poll that Hearth cannot read.</p>
  return <Ballot event={event} question={question} />
}

function Ballot({ event, question }: { event: RoomEvent; question: PollQuestion }) {
  const { client } = useServices()
  const { room } = useConversation()
  const { events, status, mayEnd } = useReadable(client.poll(room.id, event.id, event.sender.userId))
  const [ending, setEnding] = useState(false)
  // What was just clicked counts at once; the sync confirms it.
  const [clicked, setClicked] = useState<{ answers: readonly string[]; seen: number }>()
  const result = tallyPoll(question, events, mayEnd)
  const counted = question.answers.map(({ id }) => id).filter((id) => votedFor(result, id, client.userId))
  const chosen = clicked?.seen === events.length ? clicked.answers : counted
  const shown = result.ended || (question.disclosed && chosen.length > 0)
  const most = Math.max(0, ...question.answers.map(({ id }) => result.votes.get(id)?.length ?? 0))
  const mayVote = room.can.send && !result.ended && status !== 'failed'
  const nameOf = (userId: string): string =>
    room.members.find((member) => member.userId === userId)?.name ?? 'Somebody'

  function choose(id: string): void {
    const without = chosen.filter((each) => each !== id)
    const next = chosen.includes(id)
      ? without
      : [...without.slice(-question.maxSelections + 1 || without.length), id]
    const answers = question.maxSelections === 1 && !chosen.includes(id) ? [id] : next
    setClicked({ answers, seen: events.length })
    client.vote(room.id, event.id, answers)
  }

  return (
    <section className={css.poll} aria-label={`Poll: ${question.question}`}>
      <h4 className={css.question}>
        <ChartBar aria-hidden="true" /> <span>{question.question}</span>
      </h4>
      {question.maxSelections > 1 && !result.ended && (
        <p className={css.hint}>Choose up to {question.maxSelections}</p>
      )}
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" className={css.answers}>
        {question.answers.map(({ id, text }) => {
          const voters = result.votes.get(id) ?? []
          const share = result.voters === 0 ? 0 : voters.length / result.voters
          const mine = chosen.includes(id)
          return (
            <li key={id}>
              <button
                type="button"
                className={css.answer}
                aria-pressed={mine}
                disabled={!mayVote}
                data-winner={(result.ended && voters.length === most && most > 0) || undefined}
                title={shown && voters.length > 0 ? listNames(voters.map(nameOf)) : undefined}
                onClick={() => choose(id)}
              >
                {shown && <span className={css.bar} style={{ width: `${share * 100}%` }} />}
                <span className={css.mark}>{mine && <Check aria-hidden="true" />}</span>
                <span className={css.text}>{text}</span>
                {shown && <span className={css.count}>{voters.length}</span>}
              </button>
            </li>
          )
        })}
      </ul>
      <footer className={css.footer}>
        <span>{describe(question, result, status)}</span>
        {!result.ended && event.sender.userId === client.userId && (
          <Button size="sm" variant="ghost" onClick={() => setEnding(true)}>
            End poll
          </Button>
        )}
      </footer>
      <ConfirmDialog
        open={ending}
        onOpenChange={setEnding}
        title="End this poll?"
        description="Nobody can vote any more, and everyone sees the result."
        action="End poll"
        onConfirm={() => client.endPoll(room.id, event.id)}
      />
    </section>
  )
}

function votedFor(result: PollResult, id: string, userId: string): boolean {
  return result.votes.get(id)?.includes(userId) === true
}

function describe(
  question: PollQuestion,
  result: PollResult,
  status: 'loading' | 'ready' | 'failed',
): string {
  if (status === 'failed') return 'The votes could not be read.'
  const votes = plural(result.voters, 'vote')
  if (result.ended) return `Ended · ${votes}`
  if (status === 'loading') return 'Counting…'
  if (!question.disclosed) return `${votes} · the result is shown when the poll ends`
  return votes
}
