/** Files that go with the next message, each with a small picture and a way to take it out. */
export function StagedFiles(_props: { files: readonly File[]; onRemove: (index: number) => void }) {
  return null
}
