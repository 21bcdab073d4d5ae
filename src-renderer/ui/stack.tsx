import type { ReactNode } from 'react'
import css from './stack.module.css'

/** Fields below each other, evenly spaced. */
export function Stack({ children, gap = 'md' }: { children: ReactNode; gap?: 'md' | 'lg' }) {
  return <div className={[css.stack, css[gap]].join(' ')}>{children}</div>
}
