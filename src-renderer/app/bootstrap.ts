import type { HearthBridge } from '../../src-preload/contract.ts'
import { clearSession, loadSession, LoginError, loginWithToken, saveSession } from '../client/session.ts'
import type { Session } from '../client/types.ts'
import { HOME_HREF, parseRoute } from '../model/routes.ts'

export type Start =
  | { kind: 'session'; session: Session }
  | { kind: 'sign-in'; clientUrl: string; problem: string | undefined }

/**
 * Finds out who is here: a one-time token (in the address, or from Electron) makes a session; without one the
 * kept session is used. A kept session goes before a used-up token, so that a bookmarked link still opens.
 */
export async function bootstrap(bridge: HearthBridge): Promise<Start> {
  const route = parseRoute(window.location.hash)
  const fromAddress = route.page === 'login' ? route.loginToken : undefined
  // The token is a secret: it leaves the address and the history before anything else happens.
  if (route.page === 'login') window.history.replaceState(null, '', HOME_HREF)

  const node = await bridge.session()
  const kept = loadSession(localStorage)
  // In Electron the node's port may differ from the last time; the account is the same.
  const current = kept === undefined ? undefined : { ...kept, clientUrl: node.clientUrl }
  if (current !== undefined && fromAddress === undefined && (await isValid(current))) {
    return { kind: 'session', session: current }
  }
  const token = fromAddress ?? node.loginToken
  if (token === undefined) {
    clearSession(localStorage)
    return { kind: 'sign-in', clientUrl: node.clientUrl, problem: undefined }
  }
  try {
    const session = await loginWithToken(node.clientUrl, token)
    saveSession(localStorage, session)
    return { kind: 'session', session }
  } catch (error) {
    if (current !== undefined && (await isValid(current))) return { kind: 'session', session: current }
    return { kind: 'sign-in', clientUrl: node.clientUrl, problem: describeTokenProblem(error) }
  }
}

function describeTokenProblem(error: unknown): string {
  const code = error instanceof LoginError ? error.code : undefined
  if (error instanceof LoginError && code === 'HEARTH_UNREACHABLE') return error.message
  if (code === 'M_USER_DEACTIVATED')
    return 'The account of this Hearth was deleted. To begin anew, delete its folder and start Hearth again.'
  return 'This link has been used already. Hearth prints a new one each time it starts.'
}

/** An unreachable node says nothing about the session: only a refusal does. */
async function isValid(session: Session): Promise<boolean> {
  try {
    const response = await fetch(`${session.clientUrl}/_matrix/client/v3/account/whoami`, {
      headers: { authorization: `Bearer ${session.accessToken}` },
    })
    return response.status !== 401 && response.status !== 403
  } catch {
    return true
  }
}
