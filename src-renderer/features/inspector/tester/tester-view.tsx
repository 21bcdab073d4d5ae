import { Play, Stethoscope, Square } from 'lucide-react'
import { useCallback, useEffect, useRef, useState, type FormEvent } from 'react'
import { serverOf } from '../../../client/names.ts'
import { inspectorHref } from '../../../model/routes.ts'
import { useServices } from '../../../model/use-client.ts'
import { Button } from '../../../ui/button.tsx'
import { CheckSteps } from '../../../ui/check-steps.tsx'
import { CopyButton } from '../../../ui/copy-button.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { TextField } from '../../../ui/field.tsx'
import { LinkButton } from '../../../ui/link-button.tsx'
import { Tag } from '../../../ui/tag.tsx'
import network from '../network.module.css'
import { formatDuration } from '../trace-values.tsx'
import { useLive } from '../use-live.ts'
import { useNames } from '../use-names.ts'
import type { ViewProps } from '../views.ts'
import { PastTests } from './past-tests.tsx'
import { testsSchema, type ServerTest } from './schema.ts'
import css from './tester.module.css'
import { useServerTest } from './use-server-test.ts'
import { stepTitle, testText, verdictOf } from './words.ts'

const HISTORY_MS = 10_000

/** The federation tester: how this Hearth reaches a server, step by step, what is wrong, and how to mend it. */
export function TesterView({ args: [server] }: ViewProps) {
  const history = useLive('test-server', testsSchema, HISTORY_MS)
  const { test, problem, start, show, cancel } = useServerTest(history.again)
  const [name, setName] = useState(server ?? '')
  const begun = useRef<string>(undefined)

  const begin = useCallback(
    (of: string) => {
      begun.current = of
      setName(of)
      start(of)
      // So that the address of the page is the test's, and a link leads to the same.
      window.history.replaceState(window.history.state, '', inspectorHref('tester', [of]))
    },
    [start],
  )
  useEffect(() => {
    if (server !== undefined && begun.current !== server) begin(server)
  }, [server, begin])

  function submit(event: FormEvent): void {
    event.preventDefault()
    const wanted = name.trim()
    if (wanted !== '') begin(wanted)
  }

  return (
    <div className={css.view}>
      <div className={css.main}>
        <form className={css.form} onSubmit={submit}>
          <TextField
            label="Server name"
            placeholder="matrix.example.org"
            spellCheck={false}
            autoCapitalize="none"
            maxLength={255}
            value={name}
            error={problem}
            onChange={(event) => setName(event.target.value)}
          />
          {test?.state === 'running' ? (
            <Button onClick={cancel}>
              <Square aria-hidden="true" /> Cancel
            </Button>
          ) : (
            <Button variant="primary" type="submit" disabled={name.trim() === ''}>
              <Play aria-hidden="true" /> Test
            </Button>
          )}
        </form>
        {test === undefined ? (
          <EmptyState icon={<Stethoscope />} title="How does this Hearth reach a server?">
            Give the name of any Matrix server, on this network or anywhere. Every step of the way to it is
            tried and explained: name, rules, addresses, certificate, keys, a signed request, the clock.
          </EmptyState>
        ) : (
          <Result test={test} />
        )}
      </div>
      <PastTests
        tests={history.value?.tests ?? []}
        current={test?.id}
        onShow={(past) => {
          begun.current = past.server_name
          setName(past.server_name)
          show(past.id)
        }}
      />
    </div>
  )
}

function Result({ test }: { test: ServerTest }) {
  const { client } = useServices()
  const names = useNames()
  const verdict = verdictOf(test)
  const took = test.finished_ts === null ? undefined : test.finished_ts - test.started_ts
  return (
    <section
      className={css.result}
      aria-label={`Test of ${test.server_name}`}
      aria-busy={test.state === 'running'}
    >
      <header className={css.head}>
        <h2 title={test.server_name}>{names.server(test.server_name)}</h2>
        <output>
          <Tag tone={verdict.tone}>{verdict.words}</Tag>
        </output>
        {took !== undefined && <span className={css.took}>{formatDuration(took)}</span>}
      </header>
      <p className={network.server}>{test.server_name}</p>
      <CheckSteps
        label="Steps"
        steps={test.steps.map((step) => ({
          id: step.step,
          title: stepTitle(step.step),
          state: step.state,
          words: step.words,
          help: step.help,
          took: step.ms === undefined ? undefined : formatDuration(step.ms),
          details: step.details,
        }))}
      />
      {test.state !== 'running' && (
        <footer className={network.actions}>
          <CopyButton text={testText(test, serverOf(client.userId))} words="Copy as text" />
          {!test.own && <LinkButton href={inspectorHref('peers', [test.server_name])}>Peer</LinkButton>}
        </footer>
      )}
    </section>
  )
}
