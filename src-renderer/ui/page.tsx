import type { ReactNode } from 'react'
import { Logo } from './logo.tsx'
import css from './page.module.css'

/** One card in the middle: first run, signing in, a failure. */
export function Page({ title, lead, children }: { title: string; lead?: string; children?: ReactNode }) {
  return (
    <main className={css.page}>
      <div className={css.card}>
        <header className={css.header}>
          <Logo size={48} />
          <h1 className={css.title}>{title}</h1>
          {lead !== undefined && <p className={css.lead}>{lead}</p>}
        </header>
        {children}
      </div>
    </main>
  )
}
