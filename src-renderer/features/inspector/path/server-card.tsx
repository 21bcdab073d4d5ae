import { RotateCw } from 'lucide-react'
import { useState } from 'react'
import { inspectorHref } from '../../../model/routes.ts'
import { useNow } from '../../../model/use-now.ts'
import { Fold } from '../../../ui/fold.tsx'
import { IconButton } from '../../../ui/icon-button.tsx'
import { Note } from '../../../ui/note.tsx'
import { Tag, type Tone } from '../../../ui/tag.tsx'
import { Waiting } from '../../../ui/waiting.tsx'
import { clockTime } from '../clock-time.ts'
import { useInspected, type Inspected } from '../event/use-inspected.ts'
import { countdownWords } from '../queues/words.ts'
import { formatDuration } from '../trace-values.tsx'
import type { Names } from '../use-names.ts'
import { plainWords } from '../plain-words.ts'
import { thereSchema, type PathServer, type PathStep, type TherePath } from './schema.ts'
import { StepList } from './step-list.tsx'
import css from './path.module.css'

const STATES: Readonly<Record<PathServer['state'], { tone: Tone; word: string }>> = {
  delivered: { tone: 'ok', word: 'Delivered' },
  waiting: { tone: 'warn', word: 'Waiting' },
  refused: { tone: 'danger', word: 'Refused' },
  failed: { tone: 'danger', word: 'Given up' },
  unknown: { tone: 'neutral', word: 'Not recorded' },
}

interface ServerCardProps {
  eventId: string
  server: PathServer
  names: Names
  base: number | undefined
  /** Others are asked when somebody opens them. */
  open: boolean
}

/** The way to one other server, and what that server says became of the message there. */
export function ServerCard({ eventId, server, names, base, open }: ServerCardProps) {
  const [isOpen, setOpen] = useState(open)
  const [attempt, setAttempt] = useState(0)
  const ask = isOpen && server.may_ask
  const path = `path/${encodeURIComponent(eventId)}/there/${encodeURIComponent(server.server)}`
  // What was asked before it was delivered says nothing of now.
  const there = useInspected(
    ask ? `${path}?${server.state}` : undefined,
    thereSchema,
    attempt + server.readers.length,
  )
  const told = there.state === 'ready' ? there.value : undefined
  const failed = [...server.steps, ...(told?.steps ?? [])].find((step) => step.state === 'failed')
  const tag = tagOf(server, told)
  const name = names.server(server.server)

  return (
    <details
      className={css.card}
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      aria-label={name}
    >
      <summary className={css.cardHead} title={server.server}>
        <span className={css.cardName}>{name}</span>
        {tag !== undefined && <Tag tone={tag.tone}>{tag.word}</Tag>}
      </summary>
      <div className={css.cardBody}>
        {failed !== undefined && <Note tone="warn">{plainWords(troubleOf(failed), names)}</Note>}
        {server.role === 'destination' && (
          <>
            <h3 className={css.where}>From here</h3>
            <StepList
              label={`From here to ${name}`}
              steps={server.steps}
              base={base}
              names={names}
              quietReasonOf={failed}
              more={(step) => step.kind === 'sent' && <Attempts server={server} names={names} />}
            />
          </>
        )}
        <There
          there={there}
          asked={ask}
          server={server}
          names={names}
          failed={failed}
          base={base}
          onAgain={() => setAttempt((before) => before + 1)}
        />
        {server.role === 'destination' && <ReadThere server={server} names={names} base={base} />}
      </div>
    </details>
  )
}

/** For whoever only wants to know why it is not there. */
function troubleOf({ words, reason }: PathStep): string {
  return reason === undefined ? words : `${words} ${withStop(reason)}`
}

function withStop(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`
}

/** Delivered is not the same as shown. */
function tagOf(server: PathServer, told: TherePath | undefined): { tone: Tone; word: string } | undefined {
  const verdict = told?.steps.find(({ kind }) => kind === 'authorised')
  if (server.role === 'sender') return undefined
  if (server.state === 'delivered' && verdict?.state === 'failed')
    return { tone: 'danger', word: 'Delivered, not shown' }
  if (server.readers.length > 0) return { tone: 'ok', word: 'Read' }
  return STATES[server.state]
}

function There(props: {
  there: Inspected<TherePath>
  asked: boolean
  server: PathServer
  names: Names
  failed: PathStep | undefined
  base: number | undefined
  onAgain: () => void
}) {
  const { there, asked, server, names, failed, base, onAgain } = props
  const name = names.server(server.server)
  return (
    <>
      <h3 className={css.where}>
        There
        {asked && there.state !== 'loading' && (
          <IconButton size="sm" label={`Ask ${name} again`} icon={<RotateCw />} onClick={onAgain} />
        )}
      </h3>
      {!asked ? (
        <p className={css.quiet}>
          {server.state === 'waiting'
            ? 'Nothing: it has not arrived.'
            : 'It is not asked: the settings of this Hearth do not allow that server.'}
        </p>
      ) : there.state === 'loading' ? (
        <Waiting>Asking {name}…</Waiting>
      ) : there.state === 'failed' ? (
        <p className={css.quiet}>{there.problem}</p>
      ) : (
        <>
          {there.value.state !== 'told' && (
            <p className={css.quiet}>{plainWords(there.value.words, names)}</p>
          )}
          <StepList
            label={`On ${name}`}
            steps={there.value.steps}
            base={base}
            names={names}
            quietReasonOf={failed}
          />
          {there.value.clock !== undefined && <p className={css.clock}>{there.value.clock.words}</p>}
        </>
      )}
    </>
  )
}

function ReadThere({ server, names, base }: { server: PathServer; names: Names; base: number | undefined }) {
  const steps = server.readers.map(({ user, ts, later }): PathStep => ({
    kind: 'read',
    state: 'done',
    ts,
    words: later ? `${names.user(user)} has read on, past this message.` : `${names.user(user)} has read it.`,
  }))
  if (steps.length > 0) return <StepList label="Read" steps={steps} base={base} names={names} />
  if (server.state !== 'delivered') return null
  return <p className={css.quiet}>Nobody there has read it yet, as far as they tell.</p>
}

function Attempts({ server, names }: { server: PathServer; names: Names }) {
  const { attempts, attempts_before: before, retry_ts: retry, failures } = server
  return (
    <>
      {retry !== undefined && <Countdown to={retry} failures={failures ?? 0} />}
      {attempts.some(({ state }) => state === 'failed' || state === 'refused') && (
        <Fold
          summary={attempts.length + before === 1 ? 'One attempt' : `${attempts.length + before} attempts`}
        >
          <ol className={css.attempts}>
            {attempts.map((attempt) => (
              <li key={`${attempt.ts} ${attempt.record ?? ''}`} data-state={attempt.state}>
                <time>{clockTime(attempt.ts)}</time>
                <span>
                  {attempt.status !== undefined && `${attempt.status}: `}
                  {plainWords(attempt.words, names)}{' '}
                  <span className={css.after}>took {formatDuration(attempt.ms)}</span>{' '}
                  {attempt.record !== undefined && (
                    <a href={inspectorHref('transactions', [String(attempt.record)])}>Details</a>
                  )}
                </span>
              </li>
            ))}
          </ol>
        </Fold>
      )}
    </>
  )
}

function Countdown({ to, failures }: { to: number; failures: number }) {
  const now = useNow(500)
  const left = to - now
  return (
    <p className={css.countdown}>
      {failures === 1 ? 'Failed once.' : `Failed ${failures} times in a row.`}{' '}
      {left > 0 ? `Next try in ${countdownWords(left)}.` : 'Next try now.'}
    </p>
  )
}
