import { Toast } from 'radix-ui'
import css from './toasts.module.css'

export interface ToastMessage {
  readonly id: number
  readonly text: string
}

/** Sentences that show for a moment at the bottom. */
export function Toasts({
  toasts,
  onDone,
}: {
  toasts: readonly ToastMessage[]
  onDone: (id: number) => void
}) {
  return (
    <Toast.Provider duration={6000} swipeDirection="up" label="Notification">
      {toasts.map((toast) => (
        <Toast.Root key={toast.id} className={css.toast} onOpenChange={(open) => !open && onDone(toast.id)}>
          <Toast.Description>{toast.text}</Toast.Description>
        </Toast.Root>
      ))}
      <Toast.Viewport className={css.viewport} />
    </Toast.Provider>
  )
}
