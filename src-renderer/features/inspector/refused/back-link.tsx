import { ArrowLeft } from 'lucide-react'
import css from './refused.module.css'

/** To the list, where there is no room for both. */
export function BackLink({ href }: { href: string }) {
  return (
    <a className={css.back} href={href}>
      <ArrowLeft aria-hidden="true" /> All refused events
    </a>
  )
}
