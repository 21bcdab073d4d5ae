import { Stethoscope } from 'lucide-react'
import type { ReactNode } from 'react'
import { inspectorHref } from '../../model/routes.ts'
import { LinkButton } from '../../ui/link-button.tsx'
import { Note } from '../../ui/note.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Waiting } from '../../ui/waiting.tsx'
import css from './network.module.css'
import type { Live } from './use-live.ts'
import { useNames } from './use-names.ts'

interface ServerPanelProps<T> {
  server: string
  live: Live<T>
  onClose: () => void
  children: (value: T) => ReactNode
}

/** What is known of one server, beside the table of them. */
export function ServerPanel<T>({ server, live: { value, problem }, onClose, children }: ServerPanelProps<T>) {
  const names = useNames()
  return (
    <SidePanel wide title={names.server(server)} onClose={onClose}>
      <div className={css.panel}>
        {value !== undefined ? (
          children(value)
        ) : problem === undefined ? (
          <Waiting>Loading…</Waiting>
        ) : (
          <Note tone="warn">{problem}</Note>
        )}
      </div>
    </SidePanel>
  )
}

/** How a server stands, in tags, and its whole name. */
export function ServerHead({ server, children }: { server: string; children: ReactNode }) {
  return (
    <div className={css.part}>
      <div className={css.actions}>{children}</div>
      <p className={css.server}>{server}</p>
    </div>
  )
}

export interface Outcome {
  readonly ok: boolean
  readonly words: string
}

interface ServerActionsProps {
  server: string
  /** What can be done here; links to elsewhere follow. */
  action: ReactNode
  /** What became of it. */
  outcome: Outcome | undefined
  /** More links. */
  children: ReactNode
}

export function ServerActions({ server, action, outcome, children }: ServerActionsProps) {
  return (
    <div className={css.part}>
      <div className={css.actions}>
        {action}
        <LinkButton href={inspectorHref('tester', [server])}>
          <Stethoscope aria-hidden="true" /> Test this server
        </LinkButton>
        <LinkButton href={inspectorHref('transactions', [], { server })}>Transactions</LinkButton>
        {children}
      </div>
      {outcome !== undefined && (
        <output className={outcome.ok ? css.muted : 'field-error'}>{outcome.words}</output>
      )}
    </div>
  )
}

export function ServerPart({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={css.part}>
      <h3>{title}</h3>
      {children}
    </section>
  )
}
