import { useState } from 'react'
import { z } from 'zod'
import { useServices } from '../../../model/use-client.ts'
import { Button } from '../../../ui/button.tsx'
import { CodeBlock } from '../../../ui/code-block.tsx'
import type { JsonValue } from '../../../ui/json-rows.ts'
import { JsonView } from '../../../ui/json-view.tsx'
import { eventHref } from '../event/event-detail.tsx'
import { Part } from '../event/part.tsx'
import css from './transactions.module.css'
import type { Bodies } from './use-bodies.ts'

/** What was sent and answered, where that was recorded. */
export function BodiesPart({ bodies }: { bodies: Bodies }) {
  if (bodies.state === 'loading') return null
  if (bodies.request === undefined && bodies.answer === undefined) return <NotRecorded />
  return (
    <>
      {bodies.request !== undefined && (
        <Part title="Body of the request" open>
          <Json label="Body of the request" text={bodies.request} />
        </Part>
      )}
      {bodies.answer !== undefined && (
        <Part title="Body of the answer" open>
          <Json label="Body of the answer" text={bodies.answer} />
        </Part>
      )}
    </>
  )
}

function Json({ label, text }: { label: string; text: string }) {
  const value = parsed(text)
  if (value === undefined) return <CodeBlock code={text} language={undefined} />
  return (
    <JsonView
      label={label}
      value={value}
      linkOf={(part) => (/^\$[\w-]{43}$/.test(part) ? eventHref(part) : undefined)}
    />
  )
}

/** Undefined where it was cut. */
export function parsed(text: string | undefined): JsonValue | undefined {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

const state = z.object({ on: z.boolean(), until: z.number().optional() })
const MINUTES = 10

function NotRecorded() {
  const { client, attempt } = useServices()
  const [on, setOn] = useState(false)
  const record = (): void =>
    void attempt(async () => {
      const now = await client.inspector.post('recording', { on: true, minutes: MINUTES }, state)
      setOn(now.on)
    }, 'It could not be turned on')
  return (
    <Part title="Bodies">
      {on ? (
        <output className={css.help}>
          Recording for {MINUTES} minutes. Of requests from now on, the bodies stand here.
        </output>
      ) : (
        <>
          <p className={css.help}>
            What was sent and answered is not kept, unless it is recorded: in memory, for a while, for your
            eyes.
          </p>
          <div>
            <Button size="sm" onClick={record}>
              Record for {MINUTES} minutes
            </Button>
          </div>
        </>
      )}
    </Part>
  )
}
