import type { DomainStep } from '../client/domain-check.ts'

/** What each step of the check is about. */
export const STEP_TITLES: Readonly<Record<DomainStep['step'], string>> = {
  name: 'The name',
  well_known: 'What the domain’s web site says',
  srv: 'What DNS says about servers',
  address: 'Address',
  port: 'Port',
  certificate: 'Certificate',
  version: 'Who answers',
  outside: 'Seen from elsewhere',
}

/** The check in one sentence. */
export function checkSummary(steps: readonly DomainStep[]): string {
  const failed = steps.filter((step) => step.state === 'failed').length
  const unknown = steps.filter((step) => step.state === 'unknown').length
  const seen = steps.find((step) => step.step === 'outside')?.state
  if (failed > 0 && seen === 'ok') {
    return `Others reach this Hearth, but ${failed === 1 ? 'one thing is' : `${failed} things are`} not as it should be.`
  }
  if (failed > 0) return `${failed === 1 ? 'One thing is' : `${failed} things are`} in the way.`
  if (unknown > 0) return 'Nothing is wrong as far as can be seen from here.'
  return 'All is well: servers everywhere find this Hearth.'
}

/** For people whose web server has the domain: what it has to serve, and where to. */
export interface WebServerTexts {
  /** The file at `/.well-known/matrix/server`. */
  readonly file: string
  /** Where the web server passes everything on, so that others come to its own port. */
  readonly caddy: string
  readonly nginx: string
}

/** `listening` is `host:port` of the node's federation listener; a proxy on the same computer goes there. */
export function webServerTexts(
  server: string,
  wellKnownServer: string,
  listening: string | undefined,
): WebServerTexts {
  const proxied = JSON.stringify({ 'm.server': `${server}:443` })
  const port = /:(\d+)$/.exec(listening ?? '')?.[1] ?? '8448'
  const upstream = `https://127.0.0.1:${port}`
  return {
    file: JSON.stringify({ 'm.server': wellKnownServer }),
    caddy: [
      `respond /.well-known/matrix/server \`${proxied}\``,
      `reverse_proxy /_matrix/* ${upstream} {`,
      `  transport http {`,
      `    tls_insecure_skip_verify`,
      `  }`,
      `}`,
    ].join('\n'),
    nginx: [
      `location = /.well-known/matrix/server {`,
      `  default_type application/json;`,
      `  return 200 '${proxied}';`,
      `}`,
      `location /_matrix/ {`,
      `  proxy_pass ${upstream};`,
      `  proxy_set_header Host $host;`,
      `  client_max_body_size 0;`,
      `}`,
    ].join('\n'),
  }
}
