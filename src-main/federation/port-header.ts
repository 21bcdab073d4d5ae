/**
 * Between key-named nodes a request says at which port its sender listens, since neither `.well-known` nor
 * SRV can. Together with the address the request came from this is a hint of where to call back, no more:
 * who answers there has to prove its key as anywhere else.
 */
export const PORT_HEADER = 'hearth-port'

export function readPort(header: string | undefined): number | undefined {
  if (header === undefined || !/^[1-9]\d{0,4}$/.test(header)) return undefined
  const port = Number(header)
  return port <= 65_535 ? port : undefined
}

/**
 * In an answer: its sender cannot dial the server that asked, and keeps what it has for it until that one asks
 * for it (`org.hearth/waiting`). A hint as well: what is asked for is checked as anything else.
 */
export const UNREACHABLE_HEADER = 'hearth-unreachable'
