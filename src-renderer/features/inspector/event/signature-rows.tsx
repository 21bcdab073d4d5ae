import { formatMoment } from '../../../model/time.ts'
import { Note } from '../../../ui/note.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { useNames } from '../use-names.ts'
import css from './event-detail.module.css'
import { keySourceWords, signatureWords } from './event-words.ts'
import type { Signature } from './schema.ts'

/** Who signed, with which key, and whether the signature holds. */
export function SignatureRows({
  signatures,
  lacking,
}: {
  signatures: readonly Signature[]
  lacking: readonly string[]
}) {
  const names = useNames()
  return (
    <>
      {lacking.map((server) => (
        <Note key={server} tone="warn">
          A signature of {names.server(server)} that holds is needed, and there is none.
        </Note>
      ))}
      {signatures.length === 0 && <p className={css.help}>Nobody signed it.</p>}
      <ul className={css.signatures}>
        {signatures.map((one) => (
          <li key={`${one.server} ${one.key_id}`}>
            <p className={css.verdict}>
              <span className={css.server} title={one.server}>
                {names.server(one.server)}
              </span>
              <Tag tone={signatureWords[one.result].tone}>{signatureWords[one.result].word}</Tag>
              {one.required && <Tag title="Without it the event is refused.">Needed</Tag>}
            </p>
            <p className={css.help}>
              <code>{one.key_id}</code>
              {keyWords(one)}
            </p>
          </li>
        ))}
      </ul>
    </>
  )
}

function keyWords({ key }: Signature): string {
  if (key === undefined) return ''
  const until =
    key.valid_until_ts === undefined
      ? 'valid for ever'
      : `${key.old ? 'retired, valid' : 'valid'} until ${formatMoment(key.valid_until_ts)}`
  return `: ${keySourceWords[key.from]}; ${until}`
}
