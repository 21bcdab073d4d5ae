import css from './spinner.module.css'

/** Decoration: what is busy says so in words. */
export function Spinner() {
  return <span className={css.spinner} aria-hidden="true" />
}
