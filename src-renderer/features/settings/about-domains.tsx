import { CodeBlock } from '../../ui/code-block.tsx'
import css from './domain.module.css'

const COMMAND = `npm run headless -- \\
  --data-dir ~/hearth-example.org \\
  --server-name example.org \\
  --tls-cert fullchain.pem --tls-key privkey.pem`

/** For a Hearth whose name is a key. */
export function AboutDomains() {
  return (
    <div className={css.guide}>
      <p className={css.text}>
        With a domain name, people of every Matrix server write to you, and you join their rooms, wherever
        they are: your id is then as short as <code className={css.inline}>@you:example.org</code>.
      </p>
      <p className={css.text}>It needs three things:</p>
      <ol className={css.list}>
        <li>
          a domain of your own, such as example.org, and an entry in its DNS that leads to this network;
        </li>
        <li>a port that lets others in, 8448 as a rule, and a computer that is mostly on;</li>
        <li>a certificate for the name, which Let’s Encrypt gives for free.</li>
      </ol>
      <p className={css.text}>
        A data folder keeps one server name for ever, because all that was ever written in it is signed with
        that name. So a domain starts with a folder of its own, and this Hearth stays what it is:
      </p>
      <CodeBlock code={COMMAND} language="bash" />
      <p className={css.text}>
        Close this Hearth before, or give one of the two other ports with{' '}
        <code className={css.inline}>--client-listen</code> and{' '}
        <code className={css.inline}>--federation-listen</code>. In the settings of the new one, this page
        then checks every step, and says how to mend what is missing.
      </p>
    </div>
  )
}
