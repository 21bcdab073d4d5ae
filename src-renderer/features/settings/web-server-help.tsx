import { webServerTexts } from '../../model/domain.ts'
import { CodeBlock } from '../../ui/code-block.tsx'
import { CopyField } from '../../ui/copy-field.tsx'
import css from './domain.module.css'
import type { EditableSettings } from './use-node-settings.ts'
import { WellKnownFields } from './well-known-fields.tsx'

interface WebServerHelpProps {
  server: string
  wellKnownServer: string
  listening: string | undefined
  node: EditableSettings
}

/** For people whose domain has a web server already. */
export function WebServerHelp({ server, wellKnownServer, listening, node }: WebServerHelpProps) {
  const texts = webServerTexts(server, wellKnownServer, listening)
  return (
    <details className={css.more}>
      <summary>A web server has this domain already</summary>
      <div className={css.guide}>
        <CopyField
          label={`https://${server}/.well-known/matrix/server`}
          hint="Where Hearth is under another name or port than the domain, this file at the domain’s web site says so. Hearth can serve it too: see below."
          value={texts.file}
        />
        <p className={css.text}>
          The web server can also pass everything on to Hearth, and have the certificate in its stead. Then
          the file says <code className={css.inline}>{server}:443</code>. For Caddy, in the block of the
          domain:
        </p>
        <CodeBlock code={texts.caddy} language="text" />
        <p className={css.text}>For nginx:</p>
        <CodeBlock code={texts.nginx} language="text" />
        <WellKnownFields {...node} />
      </div>
    </details>
  )
}
