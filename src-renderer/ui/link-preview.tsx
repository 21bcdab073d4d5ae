/** Cards for the first web addresses of a message, as the node previews them. */
export function LinkPreviews(_props: { text: string }) {
  return null
}
