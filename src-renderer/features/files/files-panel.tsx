/** All files of the room. */
export function FilesPanel(_props: { onClose: () => void }) {
  return null
}
