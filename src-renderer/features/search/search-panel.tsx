/** Full-text search over one's messages. */
export function SearchPanel(_props: { onClose: () => void }) {
  return null
}
