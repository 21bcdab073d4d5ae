/** One thread, with its own composer below. */
export function ThreadPanel(_props: { rootId: string; onClose: () => void; children?: React.ReactNode }) {
  return null
}
