import css from './name-and-detail.module.css'

/** Two lines beside a picture in a row, each of which is cut where there is no room for it. */
export function NameAndDetail({ name, detail }: { name: string; detail: string }) {
  return (
    <span className={css.words}>
      <span className={css.name}>{name}</span>
      <span className={css.detail}>{detail}</span>
    </span>
  )
}
