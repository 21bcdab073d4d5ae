import { KeyRound } from 'lucide-react'
import { useState, type FormEvent, type ReactNode } from 'react'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { SwitchField, TextField } from '../../ui/field.tsx'
import { Page } from '../../ui/page.tsx'
import { PicturePicker } from '../../ui/picture-picker.tsx'
import { Stack } from '../../ui/stack.tsx'
import css from './first-run.module.css'

interface FirstRunProps {
  /** The list of people nearby, for the second step. */
  nearby: ReactNode
  /** Offers a backup of the identity, below the way into the app. */
  backup: ReactNode
  onDone: () => void
}

export function FirstRun({ nearby, backup, onDone }: FirstRunProps) {
  const [step, setStep] = useState<'profile' | 'nearby'>('profile')
  if (step === 'profile') return <ProfileStep onNext={() => setStep('nearby')} />
  return (
    <Page
      title="Who is nearby"
      lead="Choose somebody to write to, or begin and wait: others appear by themselves."
    >
      <div className={css.nearby}>{nearby}</div>
      <div className={css.actions}>
        <Button variant="primary" onClick={onDone}>
          Start using Hearth
        </Button>
        {backup}
      </div>
    </Page>
  )
}

function ProfileStep({ onNext }: { onNext: () => void }) {
  const { client, attempt } = useServices()
  const profile = useReadable(client.profile)
  const [name, setName] = useState('')
  const [picture, setPicture] = useState<File>()
  const [visible, setVisible] = useState(true)
  const [busy, setBusy] = useState(false)

  async function save(): Promise<void> {
    setBusy(true)
    const saved = await attempt(async () => {
      await client.setProfile({ name: name.trim(), ...(picture === undefined ? {} : { picture }) })
      const answer = await client.patchSettings({ display_name: name.trim(), visible_nearby: visible })
      // Another Matrix server, or an account that is not the owner's, has no such settings.
      if (!answer.ok && answer.reason === 'unreachable') throw new Error('Hearth does not answer.')
      await client.finishFirstRun()
    }, 'This could not be saved')
    setBusy(false)
    if (saved) onNext()
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (name.trim() !== '') void save()
  }

  return (
    <Page
      title="Welcome to Hearth"
      lead="Chat with the people around you. No account, no server, no internet needed."
    >
      <form onSubmit={onSubmit}>
        <Stack gap="lg">
          <div className={css.picture}>
            <PicturePicker
              id={client.userId}
              name={name === '' ? '?' : name}
              mxc={profile.avatarMxc}
              onPick={setPicture}
            />
          </div>
          <TextField
            label="Your name"
            hint="This is how others see you. A picture is optional."
            placeholder="Mia Holm"
            value={name}
            onChange={(event) => setName(event.target.value)}
            maxLength={80}
            // The only thing to do on this page.
            // oxlint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
            required
          />
          <SwitchField
            label="Visible to people nearby"
            hint="People on this network see your name and can write to you."
            checked={visible}
            onChange={setVisible}
          />
          <p className={css.backup}>
            <KeyRound aria-hidden="true" />
            <span>
              Your identity is a key on this computer, and nobody can give you a new one. Remember to back it
              up.
            </span>
          </p>
        </Stack>
        <div className={css.actions}>
          <Button type="submit" variant="primary" busy={busy} disabled={name.trim() === ''}>
            Continue
          </Button>
        </div>
      </form>
    </Page>
  )
}
