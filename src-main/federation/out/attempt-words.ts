import { failureWords } from './domain-steps.ts'

/** Why a connection could not be made, for people. */
export function attemptWords(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  const message = error instanceof Error ? error.message : String(error)
  if (message.startsWith('timed out')) return failureWords('timed out')
  if (message === 'closed while connecting' || code === 'ECONNRESET') return 'it closes the connection'
  if (code === 'EACCES' || code === 'EPERM') return 'this computer does not let Hearth connect there'
  if (code !== undefined && /^(EPROTO|ERR_SSL_)/.test(code)) return 'it does not speak the TLS that is needed'
  return failureWords(code ?? message.replace(/\p{C}/gu, ' ').slice(0, 200))
}
