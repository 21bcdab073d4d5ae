import { AlertDialog } from 'radix-ui'
import { Button } from './button.tsx'
import css from './dialog.module.css'

export interface ConfirmDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description: string
  /** The verb, not "OK". */
  action: string
  onConfirm: () => void
}

/** For what cannot be undone; focus begins on the way out. */
export function ConfirmDialog({
  open,
  onOpenChange,
  title,
  description,
  action,
  onConfirm,
}: ConfirmDialogProps) {
  return (
    <AlertDialog.Root open={open} onOpenChange={onOpenChange}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={css.overlay} />
        <AlertDialog.Content className={[css.content, css.sm].join(' ')}>
          <header className={css.header}>
            <AlertDialog.Title className={css.title}>{title}</AlertDialog.Title>
          </header>
          <AlertDialog.Description className={css.description}>{description}</AlertDialog.Description>
          <div className={css.actions}>
            <AlertDialog.Cancel asChild>
              <Button>Cancel</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild onClick={onConfirm}>
              <Button variant="danger">{action}</Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
