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

function NotRecorded() {
  return (
    <Part title="Bodies">
      <p className={css.help}>
        What was sent and answered was not kept. Choose “Record” above: of requests from then on, the bodies
        stand here.
      </p>
    </Part>
  )
}
