import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Where a test server may be, by its name. macOS has the last one only after `ifconfig lo0 alias 127.0.0.2`;
 * for names that DNS alone would know there is none here.
 */
export type TestHost = 'localhost' | '127.0.0.1' | '127.0.0.2'

export interface CertificateAuthority {
  readonly folder: string
  /** The authority's own certificate, PEM. */
  readonly caFile: string
  /** A certificate for `localhost` and the addresses asked for, signed by the authority. */
  readonly certFile: string
  readonly keyFile: string
}

/** A certificate authority for one test run and one server certificate from it, made by openssl. */
export function makeCertificates(
  folder: string,
  addresses: readonly string[] = ['127.0.0.1', '127.0.0.2'],
): CertificateAuthority {
  const path = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  writeFileSync(
    path('server.ext'),
    `subjectAltName=DNS:localhost${addresses.map((address) => `,IP:${address}`).join('')}\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n`,
  )
  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Hearth test authority'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  )
  openssl(
    ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost'],
  )
  openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-out', 'server.pem', '-days', '2', '-extfile', 'server.ext'],
  )
  return { folder, caFile: path('ca.pem'), certFile: path('server.pem'), keyFile: path('server.key') }
}
