/** The room's pinned messages. */
export function PinsPanel(_props: { onClose: () => void }) {
  return null
}
