import { MatrixError, Method, type MatrixClient } from 'matrix-js-sdk'

export interface AccountEnd {
  /** What one said is deleted for everybody, where the rooms allow it. */
  readonly redact: boolean
  /** Asked for by accounts that have one. */
  readonly password?: string
}

/** Ends one's account without a way back. Rejects with errors that `describeError` puts into words. */
export function createAccountEnd(sdk: MatrixClient) {
  const user = sdk.getSafeUserId()
  return {
    /** `password-needed`: nothing was done, and the password has to be given (again). */
    async deactivateAccount({ redact, password }: AccountEnd): Promise<'done' | 'password-needed'> {
      const identifier = { type: 'm.id.user', user }
      const auth = password === undefined ? {} : { auth: { type: 'm.login.password', identifier, password } }
      try {
        await sdk.http.authedRequest(Method.Post, '/account/deactivate', undefined, {
          erase: true,
          'hearth.redact': redact,
          ...auth,
        })
        return 'done'
      } catch (error) {
        if (error instanceof MatrixError && error.httpStatus === 401 && Array.isArray(error.data['flows']))
          return 'password-needed'
        throw error
      }
    },
  }
}
