import { Logo } from '../ui/logo.tsx'
import css from './loading.module.css'

/** Appears a moment late, so that a quick start shows nothing at all. */
export function Loading({ words }: { words: string }) {
  return (
    <main className={css.loading}>
      <Logo size={56} />
      <output>{words}</output>
    </main>
  )
}
