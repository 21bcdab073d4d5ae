/** Who somebody is, and what can be done with them. */
export function PersonPanel(_props: { userId: string; onClose: () => void }) {
  return null
}
