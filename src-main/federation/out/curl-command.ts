import { isIP } from 'node:net'
import type { Json, JsonObject, ServerName, Signer } from '../../core/types.ts'
import { authorizationHeader } from '../x-matrix.ts'
import type { Whereabouts } from './connections.ts'

export interface CurlRequest {
  readonly server: ServerName
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Path and query, as they are sent. */
  readonly uri: string
  readonly content: JsonObject | undefined
}

export interface CurlCommand {
  /** For a POSIX shell. */
  readonly command: string
  /** What to know before running it, as sentences. */
  readonly notes: readonly string[]
}

/** The request as a command for a terminal, signed now, on the way that this node would take itself. */
export function curlCommand(signer: Signer, request: CurlRequest, where: Whereabouts): CurlCommand {
  const { server, method, uri, content } = request
  const signed = { method, uri, origin: signer.serverName, destination: server, content: content as Json }
  const url = `https://${where.hostHeader}${uri}`
  const args = [
    'curl',
    ...(method === 'GET' ? [] : ['-X', method]),
    ...connectTo(where),
    ...(where.proof === 'authority' ? [] : ['-k']),
    '-H',
    `Authorization: ${authorizationHeader(signer, signed)}`,
    ...(content === undefined
      ? []
      : ['-H', 'Content-Type: application/json', '--data-raw', JSON.stringify(content)]),
    url,
  ]
  return { command: args.map(quoted).join(' '), notes: notesOf(where) }
}

/** Where the name does not lead there by itself. */
function connectTo({ hostHeader, target }: Whereabouts): string[] {
  if (target === undefined) return []
  const parts = /^(.*?)(?::(\d+))?$/.exec(hostHeader)
  const host = parts?.[1] ?? hostHeader
  const port = parts?.[2] ?? '443'
  if (host.replace(/^\[|\]$/g, '') === target.host && Number(port) === target.port) return []
  const to = isIP(target.host) === 6 ? `[${target.host}]` : target.host
  return ['--connect-to', `${host}:${port}:${to}:${target.port}`]
}

function notesOf({ target, proof, hasOwnAuthorities }: Whereabouts): string[] {
  const notes = [
    'The header is a signature of exactly this request with the key of this Hearth. Whoever has it can repeat the request, so give it to nobody.',
  ]
  if (target === undefined)
    notes.push('No address of that server is known now, so curl will not find it either.')
  if (proof === 'key')
    notes.push(
      '-k: the certificate is self-signed, and carries the key that is the server’s name. Hearth checks that; curl cannot.',
    )
  if (proof === 'none') notes.push('-k: this Hearth is set to take any certificate.')
  if (proof === 'authority' && hasOwnAuthorities)
    notes.push(
      'This Hearth trusts further certificate authorities (--tls-ca); curl may need them with --cacert.',
    )
  return notes
}

/** As one word of a POSIX shell: inside single quotes nothing has a meaning but the quote itself. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
