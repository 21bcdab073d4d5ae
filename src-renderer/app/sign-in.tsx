import { useState, type FormEvent } from 'react'
import { describeError } from '../client/media.ts'
import { loginWithPassword } from '../client/session.ts'
import type { Session } from '../client/types.ts'
import { Button } from '../ui/button.tsx'
import { DialogActions } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { Page } from '../ui/page.tsx'
import { Stack } from '../ui/stack.tsx'
import css from './sign-in.module.css'

interface SignInProps {
  clientUrl: string
  /** Why the person is here, when something went wrong before. */
  problem: string | undefined
  onSession: (session: Session) => void
}

export function SignIn({ clientUrl, problem, onSession }: SignInProps) {
  const [user, setUser] = useState('')
  const [password, setPassword] = useState('')
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)

  async function signIn(): Promise<void> {
    setBusy(true)
    setError(undefined)
    try {
      onSession(await loginWithPassword(clientUrl, user, password))
    } catch (failure) {
      setError(describeError(failure))
    }
    setBusy(false)
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (user.trim() !== '' && password !== '') void signIn()
  }

  return (
    <Page
      title="Sign in to Hearth"
      lead={problem ?? 'Is this your computer? Open the link that Hearth printed when it started.'}
    >
      <div className={css.or}>
        <span>or with an account on this node</span>
      </div>
      <form onSubmit={onSubmit}>
        <Stack>
          <TextField
            label="User id"
            placeholder="mia or @mia:example.org"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            value={user}
            onChange={(event) => setUser(event.target.value)}
            required
          />
          <TextField
            label="Password"
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            error={error}
            required
          />
        </Stack>
        <DialogActions>
          <Button type="submit" variant="primary" busy={busy} className={css.submit}>
            Sign in
          </Button>
        </DialogActions>
      </form>
    </Page>
  )
}
