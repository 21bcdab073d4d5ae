import { RefreshCw } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import type { DomainCheck } from '../../client/domain-check.ts'
import { checkSummary, STEP_TITLES } from '../../model/domain.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { CheckSteps } from '../../ui/check-steps.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import css from './domain.module.css'
import { NewKey } from './new-key.tsx'
import type { EditableSettings } from './use-node-settings.ts'
import { WebServerHelp } from './web-server-help.tsx'

/** Checks the name when it opens, and says of each step how it stands and how to mend it. */
export function DomainGuide({ server, node }: { server: string; node: EditableSettings }) {
  const { check, busy, problem, again } = useDomainCheck()
  return (
    <div className={css.guide}>
      <div className={css.head}>
        <output className={css.summary} aria-busy={busy}>
          {busy ? (
            <>
              <Spinner /> Going the way that other servers come to {server}. This takes some seconds…
            </>
          ) : (
            (problem ?? checkSummary(check?.steps ?? []))
          )}
        </output>
        <Button size="sm" disabled={busy} onClick={again}>
          <RefreshCw aria-hidden="true" /> Check again
        </Button>
      </div>
      {check !== undefined && (
        <CheckSteps
          label="Steps"
          steps={check.steps.map(({ step, ...rest }) => ({ id: step, title: STEP_TITLES[step], ...rest }))}
        />
      )}
      {check?.wellKnownServer !== undefined && (
        <WebServerHelp
          server={server}
          wellKnownServer={check.wellKnownServer}
          listening={check.listening}
          node={node}
        />
      )}
      {check !== undefined && <NewKey />}
    </div>
  )
}

function useDomainCheck(): {
  check: DomainCheck | undefined
  busy: boolean
  problem: string | undefined
  again: () => void
} {
  const { client, describe } = useServices()
  const [check, setCheck] = useState<DomainCheck>()
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(true)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let current = true
    client
      .checkDomain()
      .then((found) => {
        if (!current) return
        setCheck(found)
        setProblem(undefined)
      })
      .catch((error: unknown) => current && setProblem(describe(error)))
      .finally(() => current && setBusy(false))
    return () => {
      current = false
    }
  }, [client, describe, attempt])
  const again = useCallback(() => {
    setBusy(true)
    setAttempt((count) => count + 1)
  }, [])
  return { check, busy, problem, again }
}
