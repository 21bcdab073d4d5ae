import { X } from 'lucide-react'
import { useState } from 'react'
import { formatBytes } from '../../../model/measures.ts'
import { inspectorHref } from '../../../model/routes.ts'
import { Fold } from '../../../ui/fold.tsx'
import { IconButton } from '../../../ui/icon-button.tsx'
import { Note } from '../../../ui/note.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { EventDetail } from '../event/event-detail.tsx'
import { Facts, Part } from '../event/part.tsx'
import { TraceTree } from '../trace-tree.tsx'
import { formatDuration } from '../trace-values.tsx'
import type { Names } from '../use-names.ts'
import { clockTime } from '../clock-time.ts'
import { plainWords } from '../plain-words.ts'
import { BodiesPart, parsed } from './bodies-part.tsx'
import { CurlPart } from './curl-part.tsx'
import type { EventResult, Exchange } from './exchange.ts'
import { attemptsOf, PHASES, text } from './phases.ts'
import css from './transactions.module.css'
import { useBodies } from './use-bodies.ts'
import waterfallCss from './waterfall.module.css'

/** All that is known of one request. */
export function ExchangeDetail({
  exchange,
  names,
  onClose,
}: {
  exchange: Exchange
  names: Names
  onClose: () => void
}) {
  const { direction, name, server, problem, results, record } = exchange
  const bodies = useBodies(exchange)
  return (
    <>
      <header className={css.detailHeader}>
        <div>
          <h2>{name}</h2>
          <p title={server}>
            {direction === 'out' ? 'To ' : 'From '}
            {server === '' ? 'anybody: this request needs no signature' : names.server(server)}
          </p>
        </div>
        <IconButton label="Close" icon={<X />} onClick={onClose} />
      </header>
      <div className={css.detailBody}>
        {problem !== undefined && <Note tone="warn">{plainWords(problem, names)}</Note>}
        <Phases exchange={exchange} />
        <Attempts exchange={exchange} />
        <Part title="Request and answer" open>
          <Facts rows={factsOf(exchange)} />
        </Part>
        {(results.length > 0 || exchange.edus > 0) && (
          <Part title="Events" count={results.length} open>
            <Results results={results} direction={direction} />
            {exchange.edus > 0 && (
              <p className={css.help}>
                And {exchange.edus === 1 ? 'one EDU' : `${exchange.edus} EDUs`}: what is not kept in rooms,
                such as typing, receipts, presence and keys. They have no results of their own.
              </p>
            )}
          </Part>
        )}
        <BodiesPart bodies={bodies} />
        {direction === 'out' && exchange.request !== undefined && (
          <CurlPart exchange={exchange} body={parsed(bodies.request)} />
        )}
        <Part title="As the node wrote it down">
          <TraceTree record={record} />
        </Part>
      </div>
    </>
  )
}

const LABELS = new Map(PHASES.map(({ kind, label }) => [kind, label]))

function Phases({ exchange }: { exchange: Exchange }) {
  const { phases, request, ms, state } = exchange
  if (request === undefined)
    return (
      <p className={css.help}>
        {exchange.direction === 'out'
          ? 'The other server cannot be dialled from here. It asked, was given this transaction, and said what became of it.'
          : 'The other server cannot dial this one. This Hearth asked it, and was given this transaction.'}
      </p>
    )
  return (
    <table className={css.phases}>
      <caption className="visually-hidden">Phases</caption>
      <thead>
        <tr>
          <th scope="col">Phase</th>
          <th scope="col">After</th>
          <th scope="col">Took</th>
        </tr>
      </thead>
      <tbody>
        {phases.map((phase) => (
          <tr key={`${phase.kind} ${phase.at}`} data-failed={phase.error !== undefined || undefined}>
            <th scope="row">
              <span className={waterfallCss.swatch} data-phase={phase.kind} aria-hidden="true" />
              <span>
                {LABELS.get(phase.kind)}
                {(phase.error ?? phase.words) !== '' && (
                  <span className={css.phaseWords}>{phase.error ?? phase.words}</span>
                )}
              </span>
            </th>
            <td>{formatDuration(Math.max(0, phase.at - request.at))}</td>
            <td>{formatDuration(phase.ms)}</td>
          </tr>
        ))}
        <tr className={css.total}>
          <th scope="row" colSpan={2}>
            {state === 'running' ? 'Until now' : 'All together'}
          </th>
          <td>{formatDuration(ms)}</td>
        </tr>
      </tbody>
    </table>
  )
}

/** Addresses that did not get through, or were slower than another. */
function Attempts({ exchange }: { exchange: Exchange }) {
  const attempts = (exchange.request?.children ?? [])
    .filter(({ label }) => label === 'connection')
    .flatMap(attemptsOf)
  const failed = attempts.filter(({ error }) => error !== undefined)
  if (failed.length === 0) return null
  return (
    <Part title="Addresses that led nowhere" count={failed.length} open={exchange.state === 'failed'}>
      <ul className={css.attempts}>
        {failed.map((attempt) => (
          <li key={`${text(attempt, 'address')} ${attempt.at}`}>
            <code>{text(attempt, 'address')}</code> {attempt.error?.message}{' '}
            <span className={css.faint}>after {formatDuration(attempt.ms)}</span>
          </li>
        ))}
      </ul>
    </Part>
  )
}

function factsOf({ request, record, direction, method, path, server, ts, status, bytes, results }: Exchange) {
  const exchange = request?.children.findLast(({ label }) => label === 'exchange')
  const query = request === undefined ? '' : text(request, 'query')
  const errcode = request === undefined ? '' : text(request, 'errcode')
  const key = record.children.find(({ label }) => label === 'authenticate')
  const txn = text(record, 'txn')
  const sentBytes = exchange?.values['bytes']
  const rows: [string, string][] = [['Time', `${clockTime(ts)}, ${new Date(ts).toLocaleDateString()}`]]
  if (path !== '') rows.push(['Request', `${method} ${path}${query === '' ? '' : `?${query}`}`])
  rows.push([direction === 'out' ? 'Destination' : 'Origin', server === '' ? 'not proved' : server])
  if (txn !== '') rows.push(['Transaction', txn])
  if (exchange !== undefined)
    rows.push([
      'Connection',
      `${text(exchange, 'address')}, ${exchange.values['reused'] === true ? 'kept open from before' : 'opened for this'}`,
    ])
  if (direction === 'out' && request !== undefined && !/\/(?:version|key\/v2\/server)/.test(path))
    rows.push(['Signed', 'With the key of this Hearth (X-Matrix); the signature itself is not kept'])
  if (key !== undefined)
    rows.push(['Signed', `With ${text(key, 'key')}${key.error === undefined ? ', and it holds' : ''}`])
  if (typeof sentBytes === 'number' && sentBytes > 0) rows.push(['Body', formatBytes(sentBytes)])
  if (direction === 'in' && bytes !== undefined) rows.push(['Body', formatBytes(bytes)])
  if (status !== undefined) rows.push(['Answer', [String(status), errcode].filter(Boolean).join(' ')])
  if (direction === 'out' && bytes !== undefined) rows.push(['Answer body', formatBytes(bytes)])
  if (results.length > 0 && status === undefined && request !== undefined) rows.push(['Answer', 'none'])
  return rows
}

const RESULTS = {
  taken: { tone: 'ok', word: 'Taken' },
  refused: { tone: 'danger', word: 'Refused' },
  undecided: { tone: 'warn', word: 'Not decided yet' },
  unknown: { tone: 'neutral', word: 'No answer' },
} as const

/** Each event of a transaction; opened, with its hashes, signatures and canonical form checked here. */
function Results({ results, direction }: { results: readonly EventResult[]; direction: 'in' | 'out' }) {
  return (
    <ul className={css.results}>
      {results.map((result) => (
        <li key={result.eventId}>
          <Result result={result} direction={direction} />
        </li>
      ))}
    </ul>
  )
}

function Result({ result, direction }: { result: EventResult; direction: 'in' | 'out' }) {
  const { eventId, state, reason } = result
  const [open, setOpen] = useState(false)
  return (
    <>
      <p className={css.result}>
        <Tag tone={RESULTS[state].tone}>{RESULTS[state].word}</Tag>
        <a className={css.eventId} href={inspectorHref('path', [eventId])} title={`The path of ${eventId}`}>
          {eventId}
        </a>
      </p>
      {reason !== undefined && <p className={css.phaseWords}>{reason}</p>}
      {state === 'undecided' && direction === 'in' && (
        <p className={css.phaseWords}>It was on disk when this was answered, and judged later.</p>
      )}
      <Fold summary="The event, and its checks" onToggle={setOpen}>
        {open && <EventDetail eventId={eventId} />}
      </Fold>
    </>
  )
}
