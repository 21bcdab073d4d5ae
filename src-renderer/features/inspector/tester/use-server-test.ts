import { useCallback, useEffect, useRef, useState } from 'react'
import { InspectorError, type InspectorApi } from '../../../client/inspector.ts'
import { useServices } from '../../../model/use-client.ts'
import { testSchema, type ServerTest } from './schema.ts'

const WAIT_MS = 25_000

export interface ServerTesting {
  readonly test: ServerTest | undefined
  readonly problem: string | undefined
  readonly start: (server: string) => void
  /** Shows an earlier one. */
  readonly show: (id: string) => void
  readonly cancel: () => void
}

/** One test of the way to a server, its steps as they come. */
export function useServerTest(onChange: () => void): ServerTesting {
  const { inspector } = useServices().client
  const [test, setTest] = useState<ServerTest>()
  const [problem, setProblem] = useState<string>()
  const following = useRef<AbortController>(undefined)

  useEffect(() => () => following.current?.abort(), [])

  const run = useCallback(
    (first: (signal: AbortSignal) => Promise<ServerTest>) => {
      following.current?.abort()
      const abort = new AbortController()
      following.current = abort
      setProblem(undefined)
      follow(inspector, first, abort.signal, (now) => {
        setTest(now)
        if (now.state !== 'running' || now.steps.length === 0) onChange()
      }).catch((error: unknown) => {
        if (abort.signal.aborted) return
        setProblem(error instanceof InspectorError ? error.message : 'Hearth does not answer.')
      })
    },
    [inspector, onChange],
  )

  return {
    test,
    problem,
    start: useCallback(
      (server) => run(() => inspector.post('test-server', { server_name: server }, testSchema)),
      [inspector, run],
    ),
    show: useCallback(
      (id) => run((signal) => inspector.get(`test-server/${encodeURIComponent(id)}`, testSchema, signal)),
      [inspector, run],
    ),
    cancel: useCallback(() => {
      if (test === undefined) return
      const path = `test-server/${encodeURIComponent(test.id)}/cancel`
      run(() => inspector.post(path, {}, testSchema))
    }, [inspector, run, test]),
  }
}

async function follow(
  inspector: InspectorApi,
  first: (signal: AbortSignal) => Promise<ServerTest>,
  signal: AbortSignal,
  onTest: (test: ServerTest) => void,
): Promise<void> {
  let test = await first(signal)
  while (!signal.aborted) {
    onTest(test)
    if (test.state !== 'running') return
    const path = `test-server/${encodeURIComponent(test.id)}?after=${test.version}&wait=${WAIT_MS}`
    test = await inspector.get(path, testSchema, signal)
  }
}
