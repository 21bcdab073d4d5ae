/** The room's threads, newest reply first. */
export function ThreadsPanel(_props: { onClose: () => void }) {
  return null
}
