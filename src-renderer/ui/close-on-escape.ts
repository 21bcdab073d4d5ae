import type { KeyboardEvent } from 'react'

/** For a panel: Escape closes it from wherever in it the focus is, and what is behind does not take the key as well. */
export function closeOnEscape(onClose: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    event.preventDefault()
    onClose()
  }
}
