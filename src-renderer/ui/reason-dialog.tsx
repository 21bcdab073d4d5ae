import { useState, type FormEvent, type ReactNode } from 'react'
import { useServices } from '../model/use-client.ts'
import { Button } from './button.tsx'
import { Dialog, DialogActions } from './dialog.tsx'
import { TextAreaField } from './field.tsx'
import { Stack } from './stack.tsx'

export interface ReasonDialogProps {
  open: boolean
  onClose: () => void
  title: string
  description: string
  /** The verb, not "OK". */
  action: string
  /** Who reads the reason. */
  hint: string
  required?: boolean
  danger?: boolean
  /** More to choose. */
  children?: ReactNode
  /** Without a reason it is undefined. What it rejects with is said in the dialog. */
  onConfirm: (reason: string | undefined) => Promise<void>
}

/** For what is done to somebody, and may be told why. */
export function ReasonDialog(props: ReasonDialogProps) {
  const { open, onClose, title, description } = props
  return (
    <Dialog open={open} onOpenChange={(next) => !next && onClose()} title={title} description={description}>
      <ReasonForm {...props} />
    </Dialog>
  )
}

function ReasonForm({ onClose, action, hint, required, danger, children, onConfirm }: ReasonDialogProps) {
  const { describe } = useServices()
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const words = reason.trim()

  async function confirm(): Promise<void> {
    setBusy(true)
    setProblem(undefined)
    try {
      await onConfirm(words === '' ? undefined : words)
      onClose()
    } catch (error) {
      setProblem(describe(error))
      setBusy(false)
    }
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    if (!busy && (required !== true || words !== '')) void confirm()
  }

  return (
    <form onSubmit={onSubmit}>
      <Stack>
        <TextAreaField
          label="Reason"
          hint={hint}
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) onSubmit(event)
          }}
        />
        {children}
        {problem !== undefined && (
          <p role="alert" className="field-error">
            {problem}
          </p>
        )}
      </Stack>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant={danger === true ? 'danger' : 'primary'}
          busy={busy}
          disabled={required === true && words === ''}
        >
          {action}
        </Button>
      </DialogActions>
    </form>
  )
}
